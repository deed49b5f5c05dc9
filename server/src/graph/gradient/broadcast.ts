/** Shapes on the way back: what was broadcast is summed, what was cut out is set into zeros. */
import type { GraphBuilder } from '../builder.ts';
import { add, expand, iota, reduceSum, reshape } from '../expr.ts';
import type { Dim, Shape, Value } from '../ir.ts';

/** Sums a gradient over the axes along which a value of `shape` was broadcast. */
export function unbroadcast(b: GraphBuilder, g: Value, shape: Shape): Value {
  const lead = g.shape.length - shape.length;
  const axes = g.shape.flatMap((dim, i) => (i < lead || (shape[i - lead] === 1 && dim !== 1) ? [i] : []));
  return reshape(b, axes.length === 0 ? g : reduceSum(b, g, axes), shape);
}

/** Float32 zeros. */
export function zeros(b: GraphBuilder, shape: Shape): Value {
  return expand(b, b.scalar(0), shape);
}

/** Product of dimensions as a float32 number, shape []. */
export function sizeAsFloat(b: GraphBuilder, dims: Shape): Value {
  if (dims.every((dim) => typeof dim === 'number'))
    return b.scalar(dims.reduce((a: number, n) => a * (n as number), 1));
  const ones = expand(b, b.scalar(1), dims);
  return reshape(
    b,
    reduceSum(
      b,
      ones,
      dims.map((_, i) => i),
    ),
    [],
  );
}

/** A dimension as int64 [1]. */
export function sizeAsIndex(b: GraphBuilder, dim: Dim): Value {
  const one = b.literal({ dtype: 'int64', shape: [1], data: BigInt64Array.of(1n) });
  return typeof dim === 'number'
    ? b.literal({ dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(dim)) })
    : reduceSum(b, expand(b, one, [dim]), [0]);
}

/** int64 indices of `shape` that count start, start + 1, … along an axis; start is int64 [1]. */
export function countingIndices(b: GraphBuilder, shape: Shape, axis: number, start: Value): Value {
  const along = add(b, iota(b, shape[axis]!), start);
  return expand(
    b,
    reshape(
      b,
      along,
      shape.map((dim, i) => (i === axis ? dim : 1)),
    ),
    shape,
  );
}

/** `updates` set into zeros of `shape` at indices along an axis; `add` sums duplicates. */
export function scatterIntoZeros(
  b: GraphBuilder,
  shape: Shape,
  indices: Value,
  updates: Value,
  attrs: { axis: number; reduction: 'none' | 'add' },
): Value {
  return b.op('ScatterElements', [zeros(b, shape), indices, updates], attrs);
}
