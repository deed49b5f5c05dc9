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
    for (let j = 0; j < d; j++) variance += (target[row * d + j]! - mean[j]!) ** 2;
  });
  return variance > 0 ? error / variance : null;
}
