/**
 * Gradient rules of look-ups. Rows come back through ScatterElements, which sums duplicates rightly; ScatterND's CPU
 * kernel races on them and loses adds.
 */
import { expand, reshape } from '../expr.ts';
import { productDim } from '../ir.ts';
import { scatterIntoZeros, zeros } from './broadcast.ts';
import type { GradientRules } from './rule.ts';

/** Rules by op. */
export const LOOKUP = {
  Gather: ({ b, node, x, g }) => {
    const { axis } = node.attrs;
    const data = x[0]!.shape;
    const flat = productDim(x[1]!.shape);
    const target = data.map((dim, i) => (i === axis ? flat : dim));
    const alone = data.map((_, i) => (i === axis ? flat : 1));
    const gradient = () => {
      const indices = expand(b, reshape(b, x[1]!, alone), target);
      return scatterIntoZeros(b, data, indices, reshape(b, g, target), { axis, reduction: 'add' });
    };
    return [gradient, null];
  },
  GatherElements: ({ b, node, x, g }) => [
    () => scatterIntoZeros(b, x[0]!.shape, x[1]!, g, { axis: node.attrs.axis, reduction: 'add' }),
    null,
  ],
  ScatterElements: ({ b, node, x, g }) => {
    const { axis, reduction } = node.attrs;
    const overwritten = () =>
      b.op('ScatterElements', [g, x[1]!, zeros(b, x[2]!.shape)], { axis, reduction: 'none' as const });
    return [reduction === 'add' ? () => g : overwritten, null, () => b.op('GatherElements', [g, x[1]!], { axis })];
  },
  TopK: ({ b, node, x, g }) => {
    const axis = x[0]!.shape.length - 1;
    return [() => scatterIntoZeros(b, x[0]!.shape, node.outputs[1]!, g, { axis, reduction: 'none' })];
  },
} satisfies Partial<GradientRules>;
