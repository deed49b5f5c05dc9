/** Accuracy at settled places, of the model and of the n-gram baseline. */
import type { Runner } from '../../core/runner.ts';
import { int64 } from '../../core/tensor.ts';
import { modelGraph } from '../../graph/model-graph.ts';
import { serialize } from '../../graph/serialize.ts';
import type { ModelHandle } from '../../methods/model-handle.ts';
import type { Split } from '../derivation.ts';
import type { Encoder } from '../encode.ts';
import type { LatentName } from '../latents.ts';
import { corpusDocument } from '../sample.ts';
import { inRuns } from './collect.ts';
import type { AskedPlace, NGram } from './n-gram.ts';
import { PHENOMENA, settledPlaces } from './phenomena.ts';

export interface Accuracy {
  readonly phenomenon: string;
  readonly latent: LatentName;
  readonly places: number;
  /** Share of places, ties counted half. */
  readonly model: number;
  readonly n_gram: number;
}

/** A place among tokens: the first at which an alternative differs, and what the alternatives have there. */
interface TokenPlace {
  readonly phenomenon: number;
  readonly at: number;
  readonly token: number;
  /** Null: any other token. */
  readonly others: readonly number[] | null;
}

/** Documents as ids, with the places at which they are settled. */
export interface SettledText {
  readonly sequences: readonly (readonly number[])[];
  readonly places: readonly (readonly TokenPlace[])[];
}

/** Finds the places of documents [first, first + documents) of a split. */
export function settledText(
  encoder: Encoder,
  n_ctx: number,
  plan: { readonly seed: number; readonly split: Split; readonly first: number; readonly documents: number },
): SettledText {
  const sequences: number[][] = [];
  const places: TokenPlace[][] = [];
  for (let index = plan.first; index < plan.first + plan.documents; index++) {
    const document = corpusDocument(plan.seed, plan.split, index);
    const ids = [encoder.bos, ...encoder.encode(document.text), encoder.eos].slice(0, n_ctx);
    sequences.push(ids);
    places.push(
      settledPlaces(document).flatMap(({ phenomenon, offset, others }) => {
        if (others === null) {
          // The space before a word is part of its token.
          const start = document.text[offset - 1] === ' ' ? offset - 1 : offset;
          const at = 1 + encoder.encode(document.text.slice(0, start)).length;
          return at < ids.length ? [{ phenomenon, at, token: ids[at]!, others }] : [];
        }
        return tokenPlace(encoder, phenomenon, ids, others);
      }),
    );
  }
  return { sequences, places };
}

/** Every place as the n-gram model is asked about it. */
export function* askedPlaces({ sequences, places }: SettledText): Generator<AskedPlace> {
  for (const [i, ids] of sequences.entries()) for (const { at } of places[i]!) yield { ids, at };
}

/** Measures the places of a text. */
export async function measureAccuracy(
  runner: Runner,
  model: ModelHandle,
  nGram: NGram,
  { sequences, places }: SettledText,
  signal?: AbortSignal,
): Promise<Accuracy[]> {
  const right = PHENOMENA.map(() => 0);
  const baseline = PHENOMENA.map(() => 0);
  const count = PHENOMENA.map(() => 0);
  const { b, logits } = modelGraph(model.spec, model.weights, {});
  b.output('logits', logits);
  const target = runner.device === 'cpu' ? 'cpu' : 'gpu';
  const session = await runner.open(serialize(b.finish(), 'logits', target, ['tokens']), { weights: 'packed' }, signal);
  try {
    let done = 0;
    for (const part of inRuns(sequences)) {
      const width = Math.max(...part.map((ids) => ids.length));
      const padded = part.flatMap((ids) => [...ids, ...Array<number>(width - ids.length).fill(0)]);
      const outputs = await runner.run(session, { tokens: int64([part.length, width], padded) }, ['logits'], signal);
      const data = outputs.logits!.data as Float32Array;
      part.forEach((ids, i) => {
        for (const { phenomenon, at, token, others } of places[done + i]!) {
          const start = (i * width + at - 1) * model.spec.d_vocab;
          const row = data.subarray(start, start + model.spec.d_vocab);
          count[phenomenon]!++;
          if (others) {
            right[phenomenon]! += wins(
              row[token]!,
              others.map((other) => row[other]!),
            );
            const p = (id: number): number => nGram.probability(ids, at, id);
            baseline[phenomenon]! += wins(p(token), others.map(p));
          } else {
            right[phenomenon]! += row.every((value, id) => id === token || value < row[token]!) ? 1 : 0;
            baseline[phenomenon]! += nGram.best(ids, at) === token ? 1 : 0;
          }
        }
      });
      done += part.length;
    }
  } finally {
    await runner.close(session);
  }
  return PHENOMENA.map(({ name, latent }, i) => ({
    phenomenon: name,
    latent,
    places: count[i]!,
    model: right[i]! / Math.max(1, count[i]!),
    n_gram: baseline[i]! / Math.max(1, count[i]!),
  }));
}

/** The first token at which any alternative differs from the text. */
function tokenPlace(
  encoder: Encoder,
  phenomenon: number,
  ids: readonly number[],
  others: readonly string[],
): TokenPlace[] {
  const spelled = others.map((text) => [encoder.bos, ...encoder.encode(text)]);
  const at = Math.min(...spelled.map((other) => firstDifference(ids, other)));
  if (at >= ids.length) return [];
  const token = ids[at]!;
  const tokens = [...new Set(spelled.map((other) => other[at] ?? encoder.eos))].filter((other) => other !== token);
  return tokens.length > 0 ? [{ phenomenon, at, token, others: tokens }] : [];
}

function firstDifference(a: readonly number[], b: readonly number[]): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/** 1 where the value is above all others, a fair share where it is tied with the highest. */
function wins(value: number, others: readonly number[]): number {
  const highest = Math.max(...others);
  if (value !== highest) return value > highest ? 1 : 0;
  return 1 / (1 + others.filter((other) => other === value).length);
}
