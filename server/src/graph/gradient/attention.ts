/**
 * Gradient of fused attention: scores and pattern are computed again in parts, and the parts' own rules do the rest.
 * A forward pass whose pattern is observed is in parts already and never comes here.
 */
import { fault } from '../../core/errors.ts';
import { MASKED_SCORE } from '../blocks/attention.ts';
import type { GraphBuilder } from '../builder.ts';
import { add, cast, iota, matmul, reshape, scaleBy, softcap, sub, transpose, where } from '../expr.ts';
import type { Dim, OpAttributes, Value } from '../ir.ts';

/** The same attention as the fused op, as differentiable parts: q, k, v as in the IR → z [batch, pos, n_heads·d_head]. */
export function attentionInParts(b: GraphBuilder, inputs: readonly Value[], attrs: OpAttributes['Attention']): Value {
  if (inputs.length > 3) fault('gradients are taken over whole texts, not over attention with a past');
  const [q, k, v] = inputs as [Value, Value, Value];
  const { n_heads, n_kv_heads, scale, softcap: cap, window } = attrs;
  const [batch, pos, width] = q.shape as [Dim, Dim, number];
  const d_head = width / n_heads;
  const group = n_heads / n_kv_heads;
  const heads = (x: Value, shared: number): Value => reshape(b, x, [batch, pos, n_kv_heads, shared, d_head]);
  const qh = transpose(b, scaleBy(b, heads(q, group), scale), [0, 2, 3, 1, 4]);
  const kh = transpose(b, heads(k, 1), [0, 2, 3, 4, 1]);
  const vh = transpose(b, heads(v, 1), [0, 2, 3, 1, 4]);
  const scores = softcap(b, matmul(b, qh, kh), cap);
  // Added, not chosen by Where: an addition's gradient costs nothing.
  const pattern = b.op('Softmax', [add(b, scores, hidden(b, pos, window))], {});
  return reshape(b, transpose(b, matmul(b, pattern, vh), [0, 3, 1, 2, 4]), q.shape);
}

/** 0 where a query sees a key, else the masked score: [pos, pos]. */
function hidden(b: GraphBuilder, pos: Dim, window: number | null): Value {
  const p = cast(b, iota(b, pos), 'float32');
  const distance = sub(b, reshape(b, p, [pos, 1]), p);
  const past = b.op('GreaterOrEqual', [distance, b.scalar(0)], {});
  const near = window === null ? past : b.op('And', [past, b.op('Less', [distance, b.scalar(window)], {})], {});
  return where(b, near, b.scalar(0), b.scalar(MASKED_SCORE));
}
