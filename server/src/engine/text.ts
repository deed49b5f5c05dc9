/** Text to token runs: which BOS settings a request needs, and what happens at the context limit. */
import { SondeError } from '../core/errors.ts';
import type { EncodedText } from '../model/tokenizer/tokenizer.ts';
import type { AttachedDictionary, LoadedModel } from './models.ts';
import type { TokenInfo, TokenizeResult } from './results.ts';

/** Dictionaries that are traced with one BOS setting. */
export interface BosGroup {
  readonly bos: boolean;
  readonly dictionaries: readonly AttachedDictionary[];
}

/**
 * Groups dictionaries by the BOS setting that they were trained with, the model's own where they do not say.
 * An explicit choice overrides all, with a warning for each dictionary that asks otherwise.
 */
export function bosGroups(
  model: LoadedModel,
  dictionaries: readonly AttachedDictionary[],
  choice: boolean | undefined,
  warnings: string[],
): BosGroup[] {
  const { addsBos, bosId } = model.tokenizer;
  if (choice !== undefined) {
    for (const { dictionary } of dictionaries) {
      const asked = dictionary.convention.prepend_bos;
      if (asked === null || asked === choice) continue;
      warnings.push(
        `${dictionary.name} was trained ${asked ? 'with' : 'without'} BOS; this trace runs ${choice ? 'with' : 'without'}.`,
      );
    }
    return [{ bos: choice, dictionaries }];
  }
  const groups = new Map<boolean, AttachedDictionary[]>();
  if (dictionaries.length === 0) groups.set(addsBos, []);
  for (const attached of dictionaries) {
    const { name, convention } = attached.dictionary;
    const wanted = convention.prepend_bos ?? addsBos;
    if (wanted && bosId === null)
      warnings.push(`${name} asks for BOS, but the tokenizer has none; it is traced without.`);
    const bos = wanted && bosId !== null;
    groups.set(bos, [...(groups.get(bos) ?? []), attached]);
  }
  return [...groups].map(([bos, members]) => ({ bos, dictionaries: members }));
}

/**
 * Encodes a text for a model and holds it to the context.
 * @throws context-exceeded for a longer text unless `truncate`, which cuts it with a warning.
 */
export async function encodeForModel(
  model: LoadedModel,
  text: string,
  options: { readonly bos: boolean; readonly truncate: boolean },
  warnings: string[],
): Promise<EncodedText> {
  const encoded = await model.tokenizer.encode(text, { bos: options.bos });
  if (encoded.doubledBos)
    warnings.push('The text begins with BOS itself, so BOS is doubled and every position is one off.');
  const { n_ctx } = model.checkpoint.spec;
  const length = encoded.ids.length;
  if (length <= n_ctx) return encoded;
  if (!options.truncate) {
    throw new SondeError(
      'context-exceeded',
      `The text has ${length} tokens; ${model.name} takes ${n_ctx}. Shorten it, or ask for truncation.`,
      {
        found: length,
        expected: n_ctx,
      },
    );
  }
  warnings.push(`The text has ${length} tokens and was cut to the context of ${n_ctx}.`);
  const cut = <T>(values: readonly T[]): readonly T[] => values.slice(0, n_ctx);
  return {
    ...encoded,
    ids: cut(encoded.ids),
    spans: cut(encoded.spans),
    special: cut(encoded.special),
    partial: cut(encoded.partial),
  };
}

/** Splits a text of any length; `bos` is the tokenizer's own choice when absent. */
export async function tokenizeText(model: LoadedModel, text: string, bos?: boolean): Promise<TokenizeResult> {
  const warnings: string[] = [];
  const withBos = bos ?? model.tokenizer.addsBos;
  const { n_ctx } = model.checkpoint.spec;
  const encoded = await model.tokenizer.encode(text, { bos: withBos });
  if (encoded.doubledBos) warnings.push('The text begins with BOS itself, so BOS is doubled.');
  if (encoded.ids.length > n_ctx)
    warnings.push(`The text has ${encoded.ids.length} tokens; the context takes ${n_ctx}.`);
  return { bos: withBos, tokens: tokenInfos(model, encoded, 0, encoded.ids.length), warnings };
}

/** Tokens [from, to) for people and scripts. */
export function tokenInfos(model: LoadedModel, encoded: EncodedText, from: number, to: number): TokenInfo[] {
  return encoded.ids.slice(from, to).map((id, i) => ({
    id,
    text: model.tokenizer.tokenText(id),
    start: encoded.spans[from + i]!.start,
    end: encoded.spans[from + i]!.end,
    special: encoded.special[from + i]!,
    partial: encoded.partial[from + i]!,
  }));
}
