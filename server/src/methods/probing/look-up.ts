/**
 * Look-up baselines: what a table of keys (the token, the last two tokens, the position) already tells about a latent.
 * The best a table can do is to predict on the keys where the latent is likeliest, so the only choice is how many keys.
 */
import { mcc } from '../metrics/confusion.ts';

/** Keys of training rows, numbered 0 … count − 1. */
export interface KeyTable {
  readonly count: number;
  /** Number of each training row's key. */
  readonly rows: Int32Array;
  /** Training rows per key. */
  readonly totals: Float64Array;
  /** The number of a key; −1 where training never had it. */
  readonly of: (key: number) => number;
}

/** Numbers the keys of training rows. */
export function keyTable(keys: ArrayLike<number>): KeyTable {
  const numbers = new Map<number, number>();
  const rows = Int32Array.from(keys, (key) => {
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  });
  const totals = new Float64Array(numbers.size);
  for (const row of rows) totals[row]!++;
  return { count: numbers.size, rows, totals, of: (key) => numbers.get(key) ?? -1 };
}

/** A latent's table: predict on keys with likelihood > cut. */
export interface LookUp {
  /** Estimated probability of the latent by key number. */
  readonly likelihood: Float64Array;
  readonly cut: number;
  /** On the training rows. */
  readonly mcc: number;
}

/**
 * Fits the table of one latent. A key's probability is (positives + prior) / (rows + 1): keys seen rarely keep near
 * `prior(key)`, what a coarser table says (the base rate where there is none), so a lucky single row proves nothing.
 */
export function fitLookUp(table: KeyTable, positives: ArrayLike<number>, prior: (key: number) => number): LookUp {
  const hits = new Float64Array(table.count);
  for (let i = 0; i < positives.length; i++) hits[table.rows[positives[i]!]!]!++;
  const likelihood = hits.map((count, key) => (count + prior(key)) / (table.totals[key]! + 1));
  const order = Int32Array.from(likelihood, (_, key) => key).sort((a, b) => likelihood[b]! - likelihood[a]!);
  const n = table.rows.length;
  let best = { cut: Number.POSITIVE_INFINITY, mcc: 0 };
  let predicted = 0;
  let correct = 0;
  for (let i = 0; i < order.length; i++) {
    const key = order[i]!;
    predicted += table.totals[key]!;
    correct += hits[key]!;
    const next = i + 1 < order.length ? likelihood[order[i + 1]!]! : 0;
    if (next === likelihood[key]) continue;
    const found = mcc({ hits: correct, predicted, actual: positives.length, n });
    if (found > best.mcc) best = { cut: (likelihood[key]! + next) / 2, mcc: found };
  }
  return { likelihood, ...best };
}

/** Matthews correlation of a table on other rows; a key that training never had is judged by `prior(row)`. */
export function scoreLookUp(
  { likelihood, cut }: LookUp,
  numbers: ArrayLike<number>,
  positives: ArrayLike<number>,
  prior: (row: number) => number,
): number {
  const says = (row: number): boolean => (numbers[row]! >= 0 ? likelihood[numbers[row]!]! : prior(row)) > cut;
  let predicted = 0;
  for (let row = 0; row < numbers.length; row++) if (says(row)) predicted++;
  let hits = 0;
  for (let i = 0; i < positives.length; i++) if (says(positives[i]!)) hits++;
  return mcc({ hits, predicted, actual: positives.length, n: numbers.length });
}
