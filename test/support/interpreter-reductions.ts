/** Interpreter: reductions, and the softmax family over the last axis. */
import type { Node } from '../../server/src/graph/ir.ts';
import type { Rules } from './interpreter.ts';
import { broadcastOffsets, count, type NdArray, ndArray } from './interpreter-array.ts';

type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceSumSquare' | 'ReduceLogSumExp';

/** Folds the reduced axes into one element each; `target` says where every element of x goes. */
function fold(x: NdArray, axes: readonly number[], start: number, step: (sum: number, x: number) => number): NdArray {
  const out = ndArray(x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim)));
  out.data.fill(start);
  const target = broadcastOffsets(out.shape, x.shape);
  for (let i = 0; i < x.data.length; i++) out.data[target[i]!] = step(out.data[target[i]!]!, x.data[i]!);
  return out;
}

function logSumExp(x: NdArray, axes: readonly number[]): NdArray {
  const top = fold(x, axes, Number.NEGATIVE_INFINITY, Math.max);
  const target = broadcastOffsets(top.shape, x.shape);
  const shifted = ndArray(
    x.shape,
    x.data.map((v, i) => Math.exp(v - top.data[target[i]!]!)),
  );
  const sum = fold(shifted, axes, 0, (s, v) => s + v);
  return ndArray(
    sum.shape,
    sum.data.map((s, i) => Math.log(s) + top.data[i]!),
  );
}

const reduce =
  (f: (x: NdArray, axes: readonly number[]) => NdArray) =>
  (node: Node<Reduction>, [x]: readonly NdArray[]): NdArray[] => [f(x!, node.attrs.axes)];

function logSoftmax(x: NdArray): NdArray {
  const normaliser = logSumExp(x, [x.shape.length - 1]);
  const n = x.shape.at(-1)!;
  return ndArray(
    x.shape,
    x.data.map((v, i) => v - normaliser.data[Math.floor(i / n)]!),
  );
}

export const REDUCTIONS = {
  ReduceSum: reduce((x, axes) => fold(x, axes, 0, (s, v) => s + v)),
  ReduceMean: reduce((x, axes) => {
    const n = count(axes.map((axis) => x.shape[axis]!));
    return fold(x, axes, 0, (s, v) => s + v / n);
  }),
  ReduceMax: reduce((x, axes) => fold(x, axes, Number.NEGATIVE_INFINITY, Math.max)),
  ReduceSumSquare: reduce((x, axes) => fold(x, axes, 0, (s, v) => s + v * v)),
  ReduceLogSumExp: reduce(logSumExp),
  Softmax: (_: Node, [x]: readonly NdArray[]) => [ndArray(x!.shape, logSoftmax(x!).data.map(Math.exp))],
  LogSoftmax: (_: Node, [x]: readonly NdArray[]) => [logSoftmax(x!)],
} satisfies Partial<Rules>;
