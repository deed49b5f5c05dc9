/** Strided views of a flat array of elements: NumPy's fortran order and PyTorch's transposed or sliced tensors. */
import { allocate, type DType, type TypedArray } from '../core/dtype.ts';
import { sizeOf } from '../core/tensor.ts';

/** A view: element [i, j, …] lies at `offset + i·strides[0] + j·strides[1] + …`; counted in elements, never negative. */
export interface StridedView {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Strides of a row-major array of a shape. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const dim of [...shape].reverse()) {
    strides.unshift(stride);
    stride *= dim;
  }
  return strides;
}

/** Whether the view is row-major without gaps; strides of dimensions of length 1 do not matter. */
export function isRowMajor({ shape, strides }: StridedView): boolean {
  const wanted = rowMajorStrides(shape);
  return sizeOf(shape) === 0 || shape.every((dim, axis) => dim === 1 || strides[axis] === wanted[axis]);
}

/** One past the last element that the view touches; the offset when the view is empty. */
export function extentOf({ offset, shape, strides }: StridedView): number {
  if (shape.includes(0)) return offset;
  return shape.reduce((end, dim, axis) => end + (dim - 1) * strides[axis]!, offset + 1);
}

/** Copies a view into a new row-major array; the caller has checked that `extentOf(view)` lies in the source. */
export function gather<D extends DType>(dtype: D, source: TypedArray, view: StridedView): TypedArray {
  const { shape, strides } = view;
  const target = allocate(dtype, sizeOf(shape));
  // Both arrays hold the same dtype; the compiler cannot pair the members of the two unions.
  const from = source as Float64Array;
  const to = target as unknown as Float64Array;
  const inner = shape.at(-1) ?? 1;
  const step = strides.at(-1) ?? 1;
  const index = new Array<number>(Math.max(shape.length - 1, 0)).fill(0);
  let start = view.offset;
  for (let at = 0; at < to.length; at += inner) {
    for (let i = 0; i < inner; i++) to[at + i] = from[start + i * step]!;
    // Advances the outer index like an odometer, carrying from the last axis to the first.
    for (let axis = index.length - 1; axis >= 0; axis--) {
      start += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      start -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return target;
}
