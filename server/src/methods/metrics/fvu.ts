/** Fraction of variance unexplained (METRICS 1): Σ‖y−ŷ‖² / Σ‖y−ȳ‖² over counted positions, a ratio of sums. */

/**
 * FVU of rows [n, d] with squared errors [n]; `counted[i]` tells whether row i counts. Float64 sums.
 * Null when nothing varies (no counted row, or all equal): a ratio without a denominator is not a number to show.
 */
export function fvu(
  target: ArrayLike<number>,
  d: number,
  error_sq: ArrayLike<number>,
  counted: readonly boolean[],
): number | null {
  const mean = new Float64Array(d);
  let n = 0;
  counted.forEach((counts, row) => {
    if (!counts) return;
    n++;
    for (let j = 0; j < d; j++) mean[j]! += target[row * d + j]!;
  });
  for (let j = 0; j < d; j++) mean[j]! /= Math.max(1, n);
  let variance = 0;
  let error = 0;
  counted.forEach((counts, row) => {
    if (!counts) return;
    error += error_sq[row]!;
    // Two sums side by side: one alone waits for its own last addition.
    let [even, odd] = [0, 0];
    const start = row * d;
    let j = 0;
    for (; j + 1 < d; j += 2) {
      const a = target[start + j]! - mean[j]!;
      const b = target[start + j + 1]! - mean[j + 1]!;
      even += a * a;
      odd += b * b;
    }
    if (j < d) even += (target[start + j]! - mean[j]!) ** 2;
    variance += even + odd;
  });
  return variance > 0 ? error / variance : null;
}
