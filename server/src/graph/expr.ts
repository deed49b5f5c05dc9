/** Short names for the ops that blocks are written in; each appends one node (or a named few) and returns its value. */
import type { DType } from '../core/dtype.ts';
import type { GraphBuilder } from './builder.ts';
import { int64Literal } from './builder.ts';
import { type Dim, productDim, type Shape, type Value } from './ir.ts';

type Unary = (b: GraphBuilder, x: Value) => Value;
type Binary = (b: GraphBuilder, x: Value, y: Value) => Value;

export const neg: Unary = (b, x) => b.op('Neg', [x], {});
export const exp: Unary = (b, x) => b.op('Exp', [x], {});
export const sqrt: Unary = (b, x) => b.op('Sqrt', [x], {});
export const reciprocal: Unary = (b, x) => b.op('Reciprocal', [x], {});
export const tanh: Unary = (b, x) => b.op('Tanh', [x], {});
export const sigmoid: Unary = (b, x) => b.op('Sigmoid', [x], {});
export const relu: Unary = (b, x) => b.op('Relu', [x], {});
export const cos: Unary = (b, x) => b.op('Cos', [x], {});
export const sin: Unary = (b, x) => b.op('Sin', [x], {});
export const add: Binary = (b, x, y) => b.op('Add', [x, y], {});
export const sub: Binary = (b, x, y) => b.op('Sub', [x, y], {});
export const mul: Binary = (b, x, y) => b.op('Mul', [x, y], {});
export const div: Binary = (b, x, y) => b.op('Div', [x, y], {});
export const greater: Binary = (b, x, y) => b.op('Greater', [x, y], {});
export const matmul: Binary = (b, x, y) => b.op('MatMul', [x, y], {});

/** x where the condition holds, else y. */
export function where(b: GraphBuilder, condition: Value, x: Value, y: Value): Value {
  return b.op('Where', [condition, x, y], {});
}

/** Converts dtype; nothing when it fits already. */
export function cast(b: GraphBuilder, x: Value, to: DType): Value {
  return x.dtype === to ? x : b.op('Cast', [x], { to });
}

/** Same elements, other shape; nothing when it fits already. */
export function reshape(b: GraphBuilder, x: Value, shape: Shape): Value {
  return String(shape) === String(x.shape) ? x : b.op('Reshape', [x], { shape });
}

/** All axes but the last as one: [..., n] → [rows, n]. */
export function rows(b: GraphBuilder, x: Value): Value {
  return reshape(b, x, [productDim(x.shape.slice(0, -1)), x.shape.at(-1)!]);
}

export function expand(b: GraphBuilder, x: Value, shape: Shape): Value {
  return String(shape) === String(x.shape) ? x : b.op('Expand', [x], { shape });
}

export function transpose(b: GraphBuilder, x: Value, perm: readonly number[]): Value {
  return b.op('Transpose', [x], { perm });
}

export function slice(b: GraphBuilder, x: Value, axis: number, start: number, end: number): Value {
  return b.op('Slice', [x], { axis, start, end });
}

export function concat(b: GraphBuilder, parts: readonly Value[], axis: number): Value {
  return parts.length === 1 ? parts[0]! : b.op('Concat', parts, { axis });
}

/** 0 … dim − 1 as int64. */
export function iota(b: GraphBuilder, dim: Dim): Value {
  return b.op('Iota', [], { dim });
}

/** Row look-up: data[indices] along the first axis. */
export function gatherRows(b: GraphBuilder, data: Value, indices: Value): Value {
  return b.op('Gather', [data, indices], { axis: 0 });
}

/** Sum over axes, which stay as 1. */
export function reduceSum(b: GraphBuilder, x: Value, axes: readonly number[]): Value {
  return b.op('ReduceSum', [x], { axes });
}

/** Mean over the last axis, which stays as 1. */
export function meanLast(b: GraphBuilder, x: Value): Value {
  return b.op('ReduceMean', [x], { axes: [x.shape.length - 1] });
}

/** Σx² over the last axis, which stays as 1. */
export function squaredNorm(b: GraphBuilder, x: Value): Value {
  return b.op('ReduceSumSquare', [x], { axes: [x.shape.length - 1] });
}

/** x · s for a number s; nothing when s is 1. */
export function scaleBy(b: GraphBuilder, x: Value, factor: number): Value {
  return factor === 1 ? x : mul(b, x, b.scalar(factor));
}

/** cap · tanh(x / cap). */
export function softcap(b: GraphBuilder, x: Value, cap: number | null): Value {
  return cap === null ? x : scaleBy(b, tanh(b, scaleBy(b, x, 1 / cap)), cap);
}

/** Inserts an axis of size 1. */
export function unsqueeze(b: GraphBuilder, x: Value, axis: number): Value {
  return reshape(b, x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
}

/** One int64 vector literal. */
export const indices = int64Literal;
