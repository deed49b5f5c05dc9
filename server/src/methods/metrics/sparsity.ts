/** L0 and alive share (METRICS 2) over counted positions. */

/**
 * L0: mean number of active (≠ 0) features per row; alive: features that fire at all, and their share.
 * `rowsActive[feature]` is the number of rows on which a feature is active, of `n` rows.
 */
export function sparsity(rowsActive: ArrayLike<number>, n: number): { l0: number; alive: number; alive_share: number } {
  let total = 0;
  let alive = 0;
  for (let feature = 0; feature < rowsActive.length; feature++) {
    total += rowsActive[feature]!;
    if (rowsActive[feature]! > 0) alive++;
  }
  return { l0: n > 0 ? total / n : 0, alive, alive_share: rowsActive.length > 0 ? alive / rowsActive.length : 0 };
}
