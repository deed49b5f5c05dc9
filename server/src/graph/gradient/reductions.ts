/** Gradient rules of reductions and the softmax family. */
import { cast, div, exp, expand, mul, reduceSum, scaleBy, sub } from '../expr.ts';
import { sizeAsFloat } from './broadcast.ts';
import type { GradientRules } from './rule.ts';

/** Rules by op. */
export const REDUCTIONS = {
  ReduceSum: ({ b, x, g }) => [() => expand(b, g, x[0]!.shape)],
  ReduceMean: ({ b, node, x, g }) => [
    () => {
      const count = sizeAsFloat(
        b,
        node.attrs.axes.map((axis) => x[0]!.shape[axis]!),
      );
      return expand(b, div(b, g, count), x[0]!.shape);
    },
  ],
  // Elements that share the maximum share its gradient, as torch.amax has it.
  ReduceMax: ({ b, node, x, y, g }) => [
    () => {
      const top = cast(b, b.op('Equal', [x[0]!, y], {}), 'float32');
      return mul(b, top, div(b, g, reduceSum(b, top, node.attrs.axes)));
    },
  ],
  ReduceSumSquare: ({ b, x, g }) => [() => mul(b, x[0]!, scaleBy(b, g, 2))],
  ReduceLogSumExp: ({ b, x, y, g }) => [() => mul(b, exp(b, sub(b, x[0]!, y)), g)],
  Softmax: ({ b, y, g }) => [
    () => {
      const weighted = mul(b, g, y);
      return sub(b, weighted, mul(b, y, reduceSum(b, weighted, [y.shape.length - 1])));
    },
  ],
  LogSoftmax: ({ b, y, g }) => [() => sub(b, g, mul(b, exp(b, y), reduceSum(b, g, [y.shape.length - 1])))],
} satisfies Partial<GradientRules>;
