/** The threshold of a score that separates a latent best, chosen on training rows. */
import { mcc } from '../metrics/confusion.ts';

/** Predict where score > cut. `mcc` is what the cut reaches on the rows it was chosen on. */
export interface Cut {
  readonly cut: number;
  readonly mcc: number;
}

/**
 * The cut with the largest Matthews correlation on these rows: exact, since only values just below a positive's can be
 * best. Of equal cuts the highest.
 */
export function bestCut(scores: ArrayLike<number>, positives: ArrayLike<number>): Cut {
  const all = new Float64Array(scores).sort();
  const chosen = Float64Array.from(positives, (row) => scores[row]!).sort();
  const n = all.length;
  let best: Cut = { cut: Number.POSITIVE_INFINITY, mcc: 0 };
  let at = n;
  for (let i = chosen.length - 1; i >= 0; ) {
    const value = chosen[i]!;
    while (i >= 0 && chosen[i] === value) i--;
    while (at > 0 && all[at - 1]! >= value) at--;
    const found = mcc({ hits: chosen.length - 1 - i, predicted: n - at, actual: chosen.length, n });
    if (found <= best.mcc) continue;
    // Half way to the next lower value, so that rounding on other rows does not decide.
    best = { cut: at > 0 ? (all[at - 1]! + value) / 2 : Number.NEGATIVE_INFINITY, mcc: found };
  }
  return best;
}
