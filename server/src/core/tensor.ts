/** A dense tensor in row-major order, and the reference to one whose bytes still lie in a file. */
import { allocate, type DType, type DTypeArrays, type TypedArray } from './dtype.ts';
import { fault } from './errors.ts';

/** Row-major tensor; `data.length` equals the product of `shape`. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DTypeArrays[D];
}

/** Where a weight's bytes are: a byte range of a file (mapped, never copied), or memory. Row-major, little-endian. */
export type TensorSource = FileTensor | MemoryTensor;

export interface FileTensor {
  readonly kind: 'file';
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Absolute path. */
  readonly path: string;
  /** First byte in the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

export interface MemoryTensor {
  readonly kind: 'memory';
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Builds a tensor and checks that its data fills its shape. */
export function tensor<D extends DType>(dtype: D, shape: readonly number[], data: DTypeArrays[D]): Tensor<D> {
  if (sizeOf(shape) !== data.length) fault(`tensor of shape [${shape}] given ${data.length} elements`);
  return { dtype, shape, data };
}

/** A float32 tensor from numbers. */
export function float32(shape: readonly number[], values: ArrayLike<number>): Tensor<'float32'> {
  return tensor('float32', shape, values instanceof Float32Array ? values : Float32Array.from(values));
}

/** An int64 tensor from numbers; ONNX wants int64 for ids and shapes. */
export function int64(shape: readonly number[], values: ArrayLike<number>): Tensor<'int64'> {
  const data = allocate('int64', values.length);
  for (let i = 0; i < values.length; i++) data[i] = BigInt(values[i]!);
  return tensor('int64', shape, data);
}

/** A bool tensor; elements are 0 or 1. */
export function bool(shape: readonly number[], values: ArrayLike<number | boolean>): Tensor<'bool'> {
  const data = allocate('bool', values.length);
  for (let i = 0; i < values.length; i++) data[i] = values[i] ? 1 : 0;
  return tensor('bool', shape, data);
}
