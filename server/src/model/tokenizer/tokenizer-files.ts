/** Reads what a checkpoint folder says about its tokenizer, beside the vocabulary itself. */
import { join } from 'node:path';
import { z } from 'zod';
import { SondeError } from '../../core/errors.ts';
import { fileSize, readText } from '../../files/file-reader.ts';
import { parseJson, parseJsonShape, parseShape } from '../../formats/json.ts';

export interface TokenizerFiles {
  /** tokenizer.json, ready for the library: without dropout, which would make encoding random. */
  readonly json: string;
  readonly path: string;
  /** Added tokens by id. */
  readonly added: ReadonlyMap<number, AddedToken>;
  readonly decoder: unknown;
  readonly bosToken: string | null;
  readonly eosToken: string | null;
  /** `add_bos_token` where the config states it. */
  readonly addsBos: boolean | null;
  /** Ids that config.json names. */
  readonly configIds: { readonly bos: number | null; readonly eos: number | null };
  readonly chatTemplate: string | null;
}

export interface AddedToken {
  readonly content: string;
  /** Whether the token is a mark rather than text. */
  readonly special: boolean;
}

const Vocabulary = z.looseObject({
  added_tokens: z
    .array(z.object({ id: z.int().nonnegative(), content: z.string(), special: z.boolean().default(false) }))
    .default([]),
  decoder: z.unknown().optional(),
  model: z.looseObject({ dropout: z.number().nullish() }),
});

const token = z.union([z.string(), z.object({ content: z.string() }).transform((entry) => entry.content)]).nullish();
const TokenizerConfig = z.object({
  bos_token: token,
  eos_token: token,
  add_bos_token: z.boolean().nullish(),
  chat_template: z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]).nullish(),
});
const SpecialTokens = z.object({ bos_token: token, eos_token: token });
const tokenId = z.union([z.int(), z.array(z.int())]).nullish();
const ModelConfig = z.object({ bos_token_id: tokenId, eos_token_id: tokenId });

/**
 * Reads tokenizer.json and, where present, tokenizer_config.json, special_tokens_map.json, config.json and
 * chat_template.jinja.
 * @throws file-not-found without tokenizer.json, with the command that makes one; corrupt-file.
 */
export function readTokenizerFiles(folder: string): TokenizerFiles {
  const path = join(folder, 'tokenizer.json');
  if (fileSize(path) === null) noTokenizer(folder, path);
  const text = readText(path);
  const parsed = parseJson(text, path);
  const vocabulary = parseShape(Vocabulary, parsed, path);
  const config = readOptional(folder, 'tokenizer_config.json', TokenizerConfig);
  const special = readOptional(folder, 'special_tokens_map.json', SpecialTokens);
  const model = readOptional(folder, 'config.json', ModelConfig);
  const template = join(folder, 'chat_template.jinja');
  const random = (vocabulary.model.dropout ?? 0) > 0;
  return {
    json: random ? withoutDropout(parsed as { model: object }) : text,
    path,
    added: new Map(vocabulary.added_tokens.map(({ id, ...rest }) => [id, rest])),
    decoder: vocabulary.decoder,
    bosToken: config?.bos_token ?? special?.bos_token ?? null,
    eosToken: config?.eos_token ?? special?.eos_token ?? null,
    addsBos: config?.add_bos_token ?? null,
    configIds: { bos: firstId(model?.bos_token_id), eos: firstId(model?.eos_token_id) },
    chatTemplate: fileSize(template) === null ? templateOf(config?.chat_template) : readText(template),
  };
}

function readOptional<T>(folder: string, file: string, schema: z.ZodType<T>): T | null {
  const path = join(folder, file);
  return fileSize(path) === null ? null : parseJsonShape(schema, readText(path), path);
}

function withoutDropout(parsed: { model: object }): string {
  return JSON.stringify({ ...parsed, model: { ...parsed.model, dropout: null } });
}

function firstId(ids: number | number[] | null | undefined): number | null {
  return (Array.isArray(ids) ? ids[0] : ids) ?? null;
}

/** The template named `default`, where a list is given. */
function templateOf(template: z.infer<typeof TokenizerConfig>['chat_template']): string | null {
  if (!Array.isArray(template)) return template ?? null;
  return (template.find((entry) => entry.name === 'default') ?? template[0])?.template ?? null;
}

function noTokenizer(folder: string, path: string): never {
  throw new SondeError(
    'file-not-found',
    `${folder} has no tokenizer.json. Make one from the older tokenizer files with: ` +
      `python -c "import transformers as t; t.AutoTokenizer.from_pretrained('${folder}').save_pretrained('${folder}')"`,
    { path, expected: 'tokenizer.json' },
  );
}
