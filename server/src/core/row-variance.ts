/** Σ‖y − ȳ‖² of rows that come one after another, in one pass. */

export interface RowVariance {
  /** Adds the row of `width` numbers that begins at `start`. */
  add(data: ArrayLike<number>, start?: number): void;
  /** Rows so far. */
  rows(): number;
  /** Σ‖y − ȳ‖² of them; 0 where all are equal. */
  total(): number;
}

/**
 * Float64 sums of differences from the first row: since that row is one of those counted, their squares are at most
 * (rows + 1) times the result, whatever all rows have in common.
 */
export function rowVariance(width: number): RowVariance {
  const origin = new Float64Array(width);
  const sums = new Float64Array(width);
  let squares = 0;
  let rows = 0;
  return {
    add(data, start = 0) {
      if (rows++ === 0) {
        for (let j = 0; j < width; j++) origin[j] = data[start + j]!;
        return;
      }
      // Two sums side by side: one alone waits for its own last addition.
      let [even, odd] = [0, 0];
      let j = 0;
      for (; j + 1 < width; j += 2) {
        const a = data[start + j]! - origin[j]!;
        const b = data[start + j + 1]! - origin[j + 1]!;
        sums[j]! += a;
        sums[j + 1]! += b;
        even += a * a;
        odd += b * b;
      }
      if (j < width) {
        const a = data[start + j]! - origin[j]!;
        sums[j]! += a;
        even += a * a;
      }
      squares += even + odd;
    },
    rows: () => rows,
    total: () => (rows === 0 ? 0 : squares - sums.reduce((total, sum) => total + sum * sum, 0) / rows),
  };
}
