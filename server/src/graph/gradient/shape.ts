/** Gradient rules of ops that move elements. */
import type { GraphBuilder } from '../builder.ts';
import { add, concat, reshape, slice, transpose } from '../expr.ts';
import type { Dim, Shape, Value } from '../ir.ts';
import { countingIndices, scatterIntoZeros, sizeAsIndex, unbroadcast, zeros } from './broadcast.ts';
import type { GradientRules } from './rule.ts';

/** Part of g from the end of `before` on, as long as `own`. */
function partOf(b: GraphBuilder, g: Value, axis: number, before: Shape, own: Dim): Value {
  if (typeof own === 'number' && before.every((dim) => typeof dim === 'number')) {
    const start = before.reduce((sum: number, dim) => sum + (dim as number), 0);
    return slice(b, g, axis, start, start + own);
  }
  const start = before.map((dim) => sizeAsIndex(b, dim)).reduce((sum, size) => add(b, sum, size), sizeAsIndex(b, 0));
  const index = add(b, b.op('Iota', [], { dim: own }), start);
  return b.op('Gather', [g, index], { axis });
}

/** g among zeros, at [start, end) of an axis of `shape`. */
function padAxis(
  b: GraphBuilder,
  g: Value,
  shape: Shape,
  axis: number,
  [start, end]: readonly [number, number],
): Value {
  const dim = shape[axis]!;
  if (typeof dim !== 'number') {
    const indices = countingIndices(b, g.shape, axis, sizeAsIndex(b, start));
    return scatterIntoZeros(b, shape, indices, g, { axis, reduction: 'none' });
  }
  const block = (size: number): Value[] =>
    size === 0
      ? []
      : [
          zeros(
            b,
            shape.map((d, i) => (i === axis ? size : d)),
          ),
        ];
  return concat(b, [...block(start), g, ...block(dim - end)], axis);
}

/** Rules by op. */
export const SHAPE = {
  Reshape: ({ b, x, g }) => [() => reshape(b, g, x[0]!.shape)],
  Expand: ({ b, x, g }) => [() => unbroadcast(b, g, x[0]!.shape)],
  Transpose: ({ b, node, g }) => {
    const inverse = node.attrs.perm.map((_, axis) => node.attrs.perm.indexOf(axis));
    return [() => transpose(b, g, inverse)];
  },
  Concat: ({ b, node, x, g }) => {
    const { axis } = node.attrs;
    const dims = x.map((part) => part.shape[axis]!);
    return dims.map((own, i) => () => partOf(b, g, axis, dims.slice(0, i), own));
  },
  Slice: ({ b, node, x, g }) => {
    const { axis, start, end } = node.attrs;
    return [() => padAxis(b, g, x[0]!.shape, axis, [start, end])];
  },
  SliceDynamic: ({ b, node, x, g }) => {
    const { axis } = node.attrs;
    const gradient = (): Value => {
      const indices = countingIndices(b, g.shape, axis, x[1]!);
      return scatterIntoZeros(b, x[0]!.shape, indices, g, { axis, reduction: 'none' });
    };
    return [gradient, null, null];
  },
  Iota: null,
} satisfies Partial<GradientRules>;
