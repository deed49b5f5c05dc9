/** Fraction of variance unexplained (METRICS 1): Σ‖y−ŷ‖² / Σ‖y−ȳ‖² over counted positions, a ratio of sums. */
import { rowVariance } from '../../core/row-variance.ts';

/**
 * FVU of rows [n][d] with squared errors [n]; `counts(i)` tells whether row i counts. Float64 sums.
 * Null when nothing varies (no counted row, or all equal): a ratio without a denominator is not a number to show.
 */
export function fvu(
  rows: readonly Float32Array[],
  error_sq: ArrayLike<number>,
  counts: (row: number) => boolean = () => true,
): number | null {
  const variance = rowVariance(rows[0]?.length ?? 0);
  let error = 0;
  for (const [i, row] of rows.entries()) {
    if (!counts(i)) continue;
    error += error_sq[i]!;
    variance.add(row);
  }
  const total = variance.total();
  return total > 0 ? error / total : null;
}
