/**
 * Finds, for every latent, the feature and threshold that separate it best on training rows. The same search serves
 * dictionary features and every baseline: the number of thresholds tried per column is the search effort.
 */
import { mcc } from '../metrics/confusion.ts';

/** Predict where value > cut, or where value ≤ cut for `below`. */
export interface Rule {
  readonly cut: number;
  readonly below: boolean;
}

/** A rule and its Matthews correlation on the rows it was chosen on. */
export interface ScoredRule extends Rule {
  readonly mcc: number;
}

/** Thresholds tried per column and side. */
export const LEVELS = 32;

/** Rows that thresholds are taken from: enough for quantiles, cheap to sort. */
const SAMPLE = 8192;

/**
 * The best rule of one column of values [n] for each latent, given as lists of positive rows. Thresholds are 0, which
 * tells a feature that fires, and quantiles of the values ≠ 0 whose ranks are spaced evenly in logarithm, so that rare
 * latents find one. `bothSides` also tries "value ≤ cut", which directions without a preferred sign need.
 */
export function searchColumn(
  values: Float32Array,
  latents: readonly Int32Array[],
  bothSides: boolean,
): readonly ScoredRule[] {
  const n = values.length;
  const cuts = thresholds(values, bothSides);
  const bins = new Uint8Array(n);
  const totals = new Float64Array(cuts.length + 1);
  const atZero = binOf(cuts, 0);
  for (let row = 0; row < n; row++) {
    const value = values[row]!;
    const bin = value === 0 ? atZero : binOf(cuts, value);
    bins[row] = bin;
    totals[bin]!++;
  }
  const counts = new Float64Array(cuts.length + 1);
  return latents.map((positives) => {
    counts.fill(0);
    for (let i = 0; i < positives.length; i++) counts[bins[positives[i]!]!]!++;
    let best: ScoredRule = { cut: Number.POSITIVE_INFINITY, below: false, mcc: 0 };
    let predicted = 0;
    let hits = 0;
    for (let bin = cuts.length; bin > 0; bin--) {
      predicted += totals[bin]!;
      hits += counts[bin]!;
      const found = mcc({ hits, predicted, actual: positives.length, n });
      const below = bothSides && -found > best.mcc;
      if (found > best.mcc || below) best = { cut: cuts[bin - 1]!, below, mcc: Math.abs(found) };
    }
    return best;
  });
}

/** Matthews correlation, hits and predictions of a rule on other rows. */
export function applyRule(
  { cut, below }: Rule,
  values: Float32Array,
  positives: Int32Array,
): { hits: number; predicted: number; actual: number; n: number } {
  let above = 0;
  for (let row = 0; row < values.length; row++) if (values[row]! > cut) above++;
  let hits = 0;
  for (let i = 0; i < positives.length; i++) if (values[positives[i]!]! > cut) hits++;
  const n = values.length;
  const actual = positives.length;
  return below ? { hits: actual - hits, predicted: n - above, actual, n } : { hits, predicted: above, actual, n };
}

/** Ascending thresholds without repeats. */
function thresholds(values: Float32Array, bothSides: boolean): Float32Array {
  const stride = Math.max(1, Math.floor(values.length / SAMPLE));
  let active = values.filter((value, row) => value !== 0 && (values.length <= SAMPLE || row % stride === 0));
  // A feature that fires rarely is sampled whole.
  if (active.length < SAMPLE / 8) active = values.filter((value) => value !== 0);
  active.sort();
  const found = new Set<number>([0]);
  const count = active.length;
  for (let level = 0; level < LEVELS && count > 0; level++) {
    const rank = Math.min(count - 1, Math.floor(count ** ((level + 1) / LEVELS)));
    found.add(active[count - 1 - rank]!);
    if (bothSides) found.add(active[rank]!);
  }
  return Float32Array.from(found).sort();
}

/** Number of cuts below a value. */
function binOf(cuts: Float32Array, value: number): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cuts[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
