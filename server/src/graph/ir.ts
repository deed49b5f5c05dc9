/**
 * The intermediate representation: a pure dataflow graph of tensors with symbolic dimensions.
 *
 * Invariants: nodes stand in topological order; a value has one producer; every value knows its dtype and shape, so a
 * pass never guesses. Ops carry meaning, not ONNX spelling (`Reshape` holds its target shape as an attribute);
 * `lower.ts` spells them. Deliberately absent: control flow, mutation, opset versions.
 */
import type { DType } from '../core/dtype.ts';
import type { TensorSource } from '../core/tensor.ts';

/** A dimension: a number, a symbol bound at run time (`batch`, `pos`), or a product of symbols (`batch*pos`). */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** A tensor that flows along an edge. Identity is the object; `name` is unique within its graph. */
export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Attributes of every op; an op without attributes has an empty object. */
export interface OpAttributes {
  // Element by element, one input.
  Neg: object;
  Exp: object;
  Log: object;
  Sqrt: object;
  Reciprocal: object;
  Tanh: object;
  Erf: object;
  Sigmoid: object;
  Relu: object;
  Cos: object;
  Sin: object;
  Not: object;
  /** x·Φ(x), exact (`none`) or by tanh. */
  Gelu: { approximate: 'none' | 'tanh' };
  Cast: { to: DType };
  // Element by element, broadcast as numpy does.
  Add: object;
  Sub: object;
  Mul: object;
  Div: object;
  Max: object;
  Min: object;
  Greater: object;
  GreaterOrEqual: object;
  Less: object;
  LessOrEqual: object;
  Equal: object;
  And: object;
  Or: object;
  /** (condition bool, a, b): a where true, else b. */
  Where: object;
  // Products.
  /** Batched matrix product with broadcast leading axes. */
  MatMul: object;
  /** a[m, k] · b (+ c[n]); `transA`: a is [k, m]; `transB`: b is [n, k], used in place. */
  Gemm: { transA: boolean; transB: boolean };
  // Reductions; a reduced axis stays as 1.
  ReduceSum: { axes: readonly number[] };
  ReduceMean: { axes: readonly number[] };
  ReduceMax: { axes: readonly number[] };
  ReduceSumSquare: { axes: readonly number[] };
  ReduceLogSumExp: { axes: readonly number[] };
  /** Over the last axis. */
  Softmax: object;
  LogSoftmax: object;
  // Shape.
  Reshape: { shape: Shape };
  Expand: { shape: Shape };
  Transpose: { perm: readonly number[] };
  Concat: { axis: number };
  /** Static half-open range of one axis. */
  Slice: { axis: number; start: number; end: number };
  /** (x, start int64[1], end int64[1]): a half-open range known at run time; the axis gets the symbol `as`. */
  SliceDynamic: { axis: number; as: string };
  /** 0, 1, …, dim − 1 as int64 [dim]. */
  Iota: { dim: Dim };
  // Look-ups.
  /** data gathered along `axis` by int64 indices of any rank. */
  Gather: { axis: number };
  GatherElements: { axis: number };
  /** (data, indices, updates): adds updates along `axis`; duplicates accumulate. */
  ScatterElements: { axis: number; reduction: 'none' | 'add' };
  /** Largest k of the last axis, sorted: (values, int64 indices). */
  TopK: { k: number };
  // Fused forms, used where nothing inside them is observed.
  /** (x, gain[, bias]) over the last axis. */
  LayerNorm: { eps: number };
  /** (x, gain) over the last axis. */
  RmsNorm: { eps: number };
  /**
   * Causal attention of q [batch, pos, n_heads·d_head] on k, v [batch, pos, n_kv_heads·d_head] → like q.
   * With past (two more inputs [batch, n_kv_heads, past, d_head], already rotated) queries continue after it;
   * then batch or pos must be 1.
   */
  Attention: { n_heads: number; n_kv_heads: number; scale: number; softcap: number | null; window: number | null };
  /** (acts [n, k], int64 indices [n, k], W [d_sae, d] of any float dtype): Σ_j acts_j · W[indices_j], in bounded memory. */
  SparseDecode: object;
}

export type OpName = keyof OpAttributes;

/** One operation. */
export interface Node<O extends OpName = OpName> {
  readonly op: O;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: OpAttributes[O];
}

/** A tensor fixed at compile time. */
export interface Constant {
  readonly value: Value;
  readonly source: TensorSource;
}

/** Where a symbol's size is read at run time: an axis of an input, or of the first value that has it. */
export interface SymbolOrigin {
  readonly value: Value;
  readonly axis: number;
}

/** A named result. */
export interface GraphOutput {
  readonly name: string;
  readonly value: Value;
}

/** A whole program. */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly GraphOutput[];
  readonly symbols: ReadonlyMap<string, SymbolOrigin>;
}

/** Product of dimensions as one dimension: numbers multiply, symbols join as `a*b`. */
export function productDim(dims: Shape): Dim {
  let factor = 1;
  const symbols: string[] = [];
  for (const dim of dims) {
    if (typeof dim === 'number') factor *= dim;
    else symbols.push(...dim.split('*'));
  }
  symbols.sort();
  if (symbols.length === 0) return factor;
  return [...(factor === 1 ? [] : [String(factor)]), ...symbols].join('*');
}

/** Symbols of a dimension with their multiplicity, and its numeric factor. */
export function factorsOf(dim: Dim): { readonly factor: number; readonly symbols: readonly string[] } {
  if (typeof dim === 'number') return { factor: dim, symbols: [] };
  let factor = 1;
  const symbols: string[] = [];
  for (const part of dim.split('*')) {
    if (/^\d+$/.test(part)) factor *= Number(part);
    else symbols.push(part);
  }
  return { factor, symbols };
}

/** Size of a dimension when its symbols are bound. */
export function sizeOfDim(dim: Dim, bindings: ReadonlyMap<string, number>): number {
  const { factor, symbols } = factorsOf(dim);
  return symbols.reduce((size, symbol) => size * (bindings.get(symbol) ?? Number.NaN), factor);
}
