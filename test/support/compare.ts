/** Comparison of tensors with the scale of the difference in the message. */

/** How far two arrays are apart: largest absolute difference, and that against the reference's root mean square. */
export interface Difference {
  readonly absolute: number;
  readonly relative: number;
  readonly at: number;
}

/** Compares where the reference is above −1e30 (masked scores are not compared); any NaN or length mismatch is infinite. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): Difference {
  if (actual.length !== expected.length)
    return { absolute: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY, at: -1 };
  let absolute = 0;
  let at = 0;
  let squares = 0;
  let count = 0;
  for (let i = 0; i < expected.length; i++) {
    const e = expected[i]!;
    if (e < -1e30) continue;
    squares += e * e;
    count++;
    const delta = Math.abs(actual[i]! - e);
    if (!(delta <= absolute)) {
      absolute = Number.isNaN(delta) ? Number.POSITIVE_INFINITY : delta;
      at = i;
    }
  }
  const scale = Math.sqrt(squares / Math.max(1, count));
  return { absolute, relative: scale === 0 ? absolute : absolute / scale, at };
}
