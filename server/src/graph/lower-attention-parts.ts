/**
 * Attention after a past, spelled in products and a softmax: the WebGPU kernel of GroupQueryAttention hands the past's
 * buffer on as the present's, which only fits a past of full length.
 */
import { int64 } from '../core/tensor.ts';
import { MASKED_SCORE } from './blocks/attention.ts';
import type { Node } from './ir.ts';
import { int, type LowerContext, namesOf } from './lower-context.ts';

/** Lowers an Attention node with inputs q, k, v, past k, past v. */
export function lowerAttentionInParts(ctx: LowerContext, node: Node<'Attention'>, names: readonly string[]): void {
  const [q, k, v, pastK, pastV] = names as [string, string, string, string, string];
  const { n_heads, n_kv_heads, scale, softcap, window } = node.attrs;
  const [, pos, width] = node.inputs[0]!.shape;
  const d_head = (width as number) / n_heads;
  const vector = (...values: number[]): string => ctx.literal(int64([values.length], values));
  const heads = (x: string, count: number): string =>
    ctx.emit('Transpose', [ctx.emit('Reshape', [x, vector(0, 0, count, d_head)])], {
      perm: { kind: 'ints', value: [0, 2, 1, 3] },
    });
  const joined = (past: string, x: string): string =>
    ctx.emit('Concat', [past, heads(x, n_kv_heads)], { axis: int(2) });
  const scalar = (value: number): string => ctx.literal({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
  const keys = joined(pastK, k);
  const values = joined(pastV, v);
  const total = ctx.emit('Shape', [keys], { start: int(2), end: int(3) });
  const past = ctx.emit('Shape', [pastK], { start: int(2), end: int(3) });

  // Query heads of one key head lie one after the other, so a group and its positions are rows of one matrix.
  const queries = ctx.emit('Reshape', [heads(q, n_heads), vector(0, n_kv_heads, -1, d_head)]);
  const transposed = ctx.emit('Transpose', [keys], { perm: { kind: 'ints', value: [0, 1, 3, 2] } });
  let scores = ctx.emit('Mul', [ctx.emit('MatMul', [queries, transposed]), scalar(scale)]);
  if (softcap !== null) {
    scores = ctx.emit('Mul', [ctx.emit('Tanh', [ctx.emit('Div', [scores, scalar(softcap)])]), scalar(softcap)]);
  }
  const groups = vector(0, n_kv_heads, n_heads / n_kv_heads);
  const square = ctx.emit('Concat', [groups, ctx.shape([pos!]), vector(-1)], { axis: int(0) });
  const visible = mask(ctx, past, total, window);
  const masked = ctx.emit('Where', [visible, ctx.emit('Reshape', [scores, square]), scalar(MASKED_SCORE)]);
  const pattern = ctx.emit('Softmax', [masked], { axis: int(-1) });
  const rows = ctx.emit('Reshape', [pattern, ctx.emit('Concat', [vector(0, n_kv_heads, -1), total], { axis: int(0) })]);
  const mixed = ctx.emit('Reshape', [ctx.emit('MatMul', [rows, values]), vector(0, n_heads, -1, d_head)]);
  const back = ctx.emit('Transpose', [mixed], { perm: { kind: 'ints', value: [0, 2, 1, 3] } });
  ctx.emit('Reshape', [back, vector(0, 0, n_heads * d_head)], {}, { outputs: namesOf(node.outputs) });
}

/** bool [pos, total]: key ≤ query, and key > query − window where there is a window. */
function mask(ctx: LowerContext, past: string, total: string, window: number | null): string {
  const scalar = (value: number): string => ctx.literal(int64([], [value]));
  const end = ctx.emit('Squeeze', [total]);
  const range = (start: string): string =>
    ctx.emit('Cast', [ctx.emit('Range', [start, end, scalar(1)])], { to: int(1) });
  const key = range(scalar(0));
  const query = ctx.emit('Unsqueeze', [range(ctx.emit('Squeeze', [past])), ctx.literal(int64([1], [1]))]);
  const causal = ctx.emit('LessOrEqual', [key, query]);
  if (window === null) return causal;
  const width = ctx.literal({ dtype: 'float32', shape: [], data: Float32Array.of(window) });
  return ctx.emit('And', [causal, ctx.emit('Greater', [key, ctx.emit('Sub', [query, width])])]);
}
