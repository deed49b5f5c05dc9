/** Dense float64 arrays and the index arithmetic that the interpreter's ops share. */

/** Row-major array; every dtype is held as float64 (bool as 0 and 1, integers exactly up to 2⁵³). */
export interface NdArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Number of elements of a shape. */
export function count(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** An array of zeros, or of the given values. */
export function ndArray(shape: readonly number[], values?: ArrayLike<number>): NdArray {
  const data = values ? Float64Array.from(values) : new Float64Array(count(shape));
  if (data.length !== count(shape)) throw new Error(`[${shape}] given ${data.length} values`);
  return { shape, data };
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** Offsets into a source of every element of `shape` in row-major order, the source lying by `strides`. */
export function walk(shape: readonly number[], strides: readonly number[], base = 0): Int32Array {
  let offsets = Int32Array.of(base);
  shape.forEach((dim, axis) => {
    const next = new Int32Array(offsets.length * dim);
    for (let i = 0, n = 0; i < offsets.length; i++) {
      for (let j = 0; j < dim; j++) next[n++] = offsets[i]! + j * strides[axis]!;
    }
    offsets = next;
  });
  return offsets;
}

/** Offsets into an array of shape `from` when it is broadcast to `to` as numpy does. */
export function broadcastOffsets(from: readonly number[], to: readonly number[]): Int32Array {
  const pad = to.length - from.length;
  const own = stridesOf(from);
  const strides = to.map((_, i) => (i < pad || from[i - pad] === 1 ? 0 : own[i - pad]!));
  return walk(to, strides);
}

/** Shape of a numpy-style broadcast. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new Error(`[${a}] and [${b}] do not broadcast`);
    return x === 1 ? y : x;
  });
}

/** Elements of x at the given offsets, in a new shape. */
export function pick(x: NdArray, shape: readonly number[], offsets: Int32Array): NdArray {
  const out = ndArray(shape);
  for (let i = 0; i < offsets.length; i++) out.data[i] = x.data[offsets[i]!]!;
  return out;
}

/** Sizes before, along and after an axis: x viewed as [outer, n, inner]. */
export function aroundAxis(shape: readonly number[], axis: number): { outer: number; n: number; inner: number } {
  return { outer: count(shape.slice(0, axis)), n: shape[axis]!, inner: count(shape.slice(axis + 1)) };
}
