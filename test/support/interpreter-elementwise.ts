/** Interpreter: ops that work element by element. */
import type { Node } from '../../server/src/graph/ir.ts';
import type { Rules } from './interpreter.ts';
import { broadcastOffsets, broadcastShape, type NdArray, ndArray } from './interpreter-array.ts';

const unary =
  (f: (x: number) => number) =>
  (_: Node, [x]: readonly NdArray[]): NdArray[] => [ndArray(x!.shape, x!.data.map(f))];

function combine(a: NdArray, b: NdArray, f: (x: number, y: number) => number): NdArray {
  const out = ndArray(broadcastShape(a.shape, b.shape));
  const left = broadcastOffsets(a.shape, out.shape);
  const right = broadcastOffsets(b.shape, out.shape);
  for (let i = 0; i < out.data.length; i++) out.data[i] = f(a.data[left[i]!]!, b.data[right[i]!]!);
  return out;
}

const binary =
  (f: (x: number, y: number) => number) =>
  (_: Node, [a, b]: readonly NdArray[]): NdArray[] => [combine(a!, b!, f)];

/** erf to double precision: e^(−x²) times a series of positive terms, so nothing cancels. */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude > 6) return Math.sign(x);
  let term = magnitude;
  let sum = magnitude;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * magnitude * magnitude) / (2 * n + 1);
    sum += term;
  }
  return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-magnitude * magnitude) * sum;
}

function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

function castTo(to: string, x: number): number {
  if (to === 'bool') return x === 0 ? 0 : 1;
  // Float targets are not rounded: the oracle computes in float64 whatever the graph's dtype is.
  return to.includes('float') ? x : Math.trunc(x);
}

export const ELEMENTWISE = {
  Neg: unary((x) => -x),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Sqrt: unary(Math.sqrt),
  Reciprocal: unary((x) => 1 / x),
  Tanh: unary(Math.tanh),
  Erf: unary(erf),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  Relu: unary((x) => Math.max(x, 0)),
  Cos: unary(Math.cos),
  Sin: unary(Math.sin),
  Not: unary((x) => (x === 0 ? 1 : 0)),
  Gelu: (node, [x]) => {
    const f = node.attrs.approximate === 'tanh' ? geluTanh : (v: number) => 0.5 * v * (1 + erf(v / Math.SQRT2));
    return [ndArray(x!.shape, x!.data.map(f))];
  },
  Cast: (node, [x]) => [
    ndArray(
      x!.shape,
      x!.data.map((v) => castTo(node.attrs.to, v)),
    ),
  ],
  Add: binary((x, y) => x + y),
  Sub: binary((x, y) => x - y),
  Mul: binary((x, y) => x * y),
  Div: (node, [a, b]) => {
    const whole = node.inputs[0]!.dtype.includes('int');
    return [combine(a!, b!, (x, y) => (whole ? Math.trunc(x / y) : x / y))];
  },
  Max: binary(Math.max),
  Min: binary(Math.min),
  Greater: binary((x, y) => Number(x > y)),
  GreaterOrEqual: binary((x, y) => Number(x >= y)),
  Less: binary((x, y) => Number(x < y)),
  LessOrEqual: binary((x, y) => Number(x <= y)),
  Equal: binary((x, y) => Number(x === y)),
  And: binary((x, y) => x * y),
  Or: binary(Math.max),
  Where: (_, [condition, a, b]) => {
    const shape = broadcastShape(condition!.shape, broadcastShape(a!.shape, b!.shape));
    const out = ndArray(shape);
    const [c, x, y] = [condition!, a!, b!].map((value) => broadcastOffsets(value.shape, shape));
    for (let i = 0; i < out.data.length; i++) {
      out.data[i] = condition!.data[c![i]!] === 0 ? b!.data[y![i]!]! : a!.data[x![i]!]!;
    }
    return [out];
  },
} satisfies Partial<Rules>;
