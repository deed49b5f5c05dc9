/** Shape and dtype of every op's outputs: the single specification that the builder obeys and `verify` re-checks. */
import type { DType } from '../core/dtype.ts';
import { fault } from '../core/errors.ts';
import { type Dim, type OpAttributes, type OpName, productDim, type Shape, type Value } from './ir.ts';

/** dtype and shape of one output. */
export interface OutputType {
  readonly dtype: DType;
  readonly shape: Shape;
}

type Rule<O extends OpName> = (inputs: readonly Value[], attrs: OpAttributes[O]) => OutputType[];

/** Output types of an op. @throws fault when the inputs do not fit it. */
export function inferOutputs<O extends OpName>(op: O, inputs: readonly Value[], attrs: OpAttributes[O]): OutputType[] {
  const rule = RULES[op] as Rule<O>;
  try {
    return rule(inputs, attrs);
  } catch (cause) {
    const shapes = inputs.map((value) => `${value.name} ${value.dtype}[${value.shape}]`).join(', ');
    return fault(`${op}(${shapes}) ${JSON.stringify(attrs)}: ${(cause as Error).message}`);
  }
}

/** Shape of a numpy-style broadcast. A symbol matches itself or 1. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw new Error(`shapes [${a}] and [${b}] do not broadcast`);
  });
}

type UniformRule = (inputs: readonly Value[]) => OutputType[];

const same: UniformRule = ([x]) => [{ dtype: x!.dtype, shape: x!.shape }];
const arithmetic: UniformRule = ([a, b]) => {
  if (a!.dtype !== b!.dtype) throw new Error('operands differ in dtype');
  return [{ dtype: a!.dtype, shape: broadcast(a!.shape, b!.shape) }];
};
const comparison: UniformRule = ([a, b]) => [{ dtype: 'bool', shape: broadcast(a!.shape, b!.shape) }];
const reduction = ([x]: readonly Value[], { axes }: { axes: readonly number[] }): OutputType[] => [
  { dtype: x!.dtype, shape: x!.shape.map((dim, i) => (axes.includes(i) ? 1 : dim)) },
];

const RULES: { readonly [O in OpName]: Rule<O> } = {
  Neg: same,
  Exp: same,
  Log: same,
  Sqrt: same,
  Reciprocal: same,
  Tanh: same,
  Erf: same,
  Sigmoid: same,
  Relu: same,
  Cos: same,
  Sin: same,
  Not: same,
  Gelu: same,
  Cast: ([x], { to }) => [{ dtype: to, shape: x!.shape }],
  Add: arithmetic,
  Sub: arithmetic,
  Mul: arithmetic,
  Div: arithmetic,
  Max: arithmetic,
  Min: arithmetic,
  Greater: comparison,
  GreaterOrEqual: comparison,
  Less: comparison,
  LessOrEqual: comparison,
  Equal: comparison,
  And: comparison,
  Or: comparison,
  Where: ([condition, a, b]) => {
    if (condition!.dtype !== 'bool' || a!.dtype !== b!.dtype) throw new Error('needs bool, T, T');
    return [{ dtype: a!.dtype, shape: broadcast(condition!.shape, broadcast(a!.shape, b!.shape)) }];
  },
  MatMul: ([a, b]) => {
    const [m, k] = a!.shape.slice(-2);
    const [k2, n] = b!.shape.slice(-2);
    if (k !== k2) throw new Error('inner dimensions differ');
    return [{ dtype: a!.dtype, shape: [...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), m!, n!] }];
  },
  Gemm: ([a, b, c], { transA, transB }) => {
    if (a!.shape.length !== 2 || b!.shape.length !== 2) throw new Error('operands must be matrices');
    const [m, k] = transA ? [a!.shape[1]!, a!.shape[0]!] : a!.shape;
    const [k2, n] = transB ? [b!.shape[1]!, b!.shape[0]!] : b!.shape;
    if (k !== k2) throw new Error('inner dimensions differ');
    if (c && (c.shape.length !== 1 || c.shape[0] !== n)) throw new Error('bias does not fit');
    return [{ dtype: a!.dtype, shape: [m!, n!] }];
  },
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  ReduceSumSquare: reduction,
  ReduceLogSumExp: reduction,
  Softmax: same,
  LogSoftmax: same,
  Reshape: ([x], { shape }) => {
    if (productDim(x!.shape) !== productDim(shape)) throw new Error('element counts differ');
    return [{ dtype: x!.dtype, shape }];
  },
  Expand: ([x], { shape }) => {
    if (String(broadcast(x!.shape, shape)) !== String(shape)) throw new Error('cannot shrink');
    return [{ dtype: x!.dtype, shape }];
  },
  Transpose: ([x], { perm }) => [{ dtype: x!.dtype, shape: perm.map((axis) => x!.shape[axis]!) }],
  Concat: (inputs, { axis }) => {
    const dims = inputs.map((value) => value.shape[axis]!);
    const rest = (shape: Shape): string => String(shape.filter((_, i) => i !== axis));
    if (new Set(inputs.map((value) => rest(value.shape))).size !== 1) throw new Error('other axes differ');
    return [{ dtype: inputs[0]!.dtype, shape: inputs[0]!.shape.map((dim, i) => (i === axis ? sumDim(dims) : dim)) }];
  },
  Slice: ([x], { axis, start, end }) => {
    const dim = x!.shape[axis];
    if (start < 0 || end < start || (typeof dim === 'number' && end > dim)) throw new Error('range leaves the axis');
    return [{ dtype: x!.dtype, shape: x!.shape.map((d, i) => (i === axis ? end - start : d)) }];
  },
  SliceDynamic: ([x], { axis, as }) => [{ dtype: x!.dtype, shape: x!.shape.map((dim, i) => (i === axis ? as : dim)) }],
  Iota: (_, { dim }) => [{ dtype: 'int64', shape: [dim] }],
  Gather: ([data, indices], { axis }) => [
    { dtype: data!.dtype, shape: [...data!.shape.slice(0, axis), ...indices!.shape, ...data!.shape.slice(axis + 1)] },
  ],
  GatherElements: ([data, indices]) => {
    if (data!.shape.length !== indices!.shape.length) throw new Error('ranks differ');
    return [{ dtype: data!.dtype, shape: indices!.shape }];
  },
  ScatterElements: ([data, indices, updates]) => {
    if (String(indices!.shape) !== String(updates!.shape)) throw new Error('indices and updates differ');
    return [{ dtype: data!.dtype, shape: data!.shape }];
  },
  TopK: ([x], { k }) => {
    const shape = [...x!.shape.slice(0, -1), k];
    return [
      { dtype: x!.dtype, shape },
      { dtype: 'int64', shape },
    ];
  },
  LayerNorm: same,
  RmsNorm: same,
  Attention: ([q, k, v, ...past], { n_heads, n_kv_heads }) => {
    const [batch, pos, width] = q!.shape;
    const d_head = (width as number) / n_heads;
    const kvShape = String([batch, pos, d_head * n_kv_heads]);
    if (String(k!.shape) !== kvShape || String(v!.shape) !== kvShape) throw new Error('key or value shape is wrong');
    const pastShape = String([batch, n_kv_heads, past[0]?.shape[2], d_head]);
    if (past.some((value) => String(value.shape) !== pastShape)) throw new Error('past shape is wrong');
    // A batch above 1 with several positions after a past that is not empty is refused by the CPU kernel at run time.
    return [{ dtype: q!.dtype, shape: q!.shape }];
  },
  SparseDecode: ([acts, indices, weight]) => {
    if (String(acts!.shape) !== String(indices!.shape)) throw new Error('activations and indices differ');
    return [{ dtype: acts!.dtype, shape: [acts!.shape[0]!, weight!.shape[1]!] }];
  },
};

/** Every op of the IR. */
export const OP_NAMES = Object.keys(RULES) as readonly OpName[];

function sumDim(dims: Shape): Dim {
  if (dims.every((dim) => typeof dim === 'number')) return dims.reduce((a: number, b) => a + (b as number), 0);
  return dims.join('+');
}
