/** Alignment of two token sequences. */

/** Indices of both sides in order; null where the other side has a token of its own. */
export type Pair = readonly [number | null, number | null];

/** What a pair of different tokens costs: less than leaving out both, so that a replaced word stands beside the new one. */
const REPLACED = 1.5;

/**
 * Aligns by least cost (leaving out 1, replacing 1.5), equal tokens for free: Needleman–Wunsch. Time and memory grow with
 * the product of the lengths.
 */
export function align(a: readonly string[], b: readonly string[]): Pair[] {
  const width = b.length + 1;
  const cost = new Float32Array((a.length + 1) * width);
  for (let j = 1; j <= b.length; j++) cost[j] = j;
  for (let i = 1; i <= a.length; i++) {
    cost[i * width] = i;
    for (let j = 1; j <= b.length; j++) {
      const match = cost[(i - 1) * width + j - 1]! + (a[i - 1] === b[j - 1] ? 0 : REPLACED);
      cost[i * width + j] = Math.min(match, cost[(i - 1) * width + j]! + 1, cost[i * width + j - 1]! + 1);
    }
  }
  const pairs: Pair[] = [];
  let [i, j] = [a.length, b.length];
  while (i > 0 || j > 0) {
    const here = cost[i * width + j]!;
    const same = i > 0 && j > 0 && a[i - 1] === b[j - 1] ? 0 : REPLACED;
    if (i > 0 && j > 0 && here === cost[(i - 1) * width + j - 1]! + same) pairs.push([--i, --j]);
    else if (i > 0 && here === cost[(i - 1) * width + j]! + 1) pairs.push([--i, null]);
    else pairs.push([null, --j]);
  }
  return pairs.reverse();
}
