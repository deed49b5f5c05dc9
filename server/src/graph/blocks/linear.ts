/** Linear maps, with the stored weight used in place whichever way it lies. */
import type { LinearWeights } from '../../model/spec.ts';
import { reshape, rows } from '../expr.ts';
import type { Value } from '../ir.ts';
import { type WeightContext, weight } from './context.ts';

/** x[..., in] → [..., out]. Gemm rather than MatMul: `transB` reads [out, in] weights without a copy. */
export function linear(ctx: WeightContext, x: Value, weights: LinearWeights): Value {
  const { b } = ctx;
  const transB = weights.layout === 'out_in';
  const W = weight(ctx, weights.weight);
  const bias = weights.bias === null ? [] : [weight(ctx, weights.bias)];
  const out = b.op('Gemm', [rows(b, x), W, ...bias], { transA: false, transB });
  return reshape(b, out, [...x.shape.slice(0, -1), out.shape[1]!]);
}
