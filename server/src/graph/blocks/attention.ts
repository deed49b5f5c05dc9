/**
 * Self-attention. One fused op where nothing between q, k, v and z is observed; else scores, pattern and z in parts.
 * Both forms read the same AttentionSpec, and a test holds them equal on every family.
 */
import { fault } from '../../core/errors.ts';
import { hookAt } from '../../core/hook-name.ts';
import type { LayerSpec } from '../../model/spec.ts';
import type { GraphBuilder } from '../builder.ts';
import { cast, matmul, reshape, scaleBy, slice, softcap, transpose, unsqueeze, where } from '../expr.ts';
import type { Dim, Value } from '../ir.ts';
import { type BlockContext, weight } from './context.ts';
import { linear } from './linear.ts';
import { headNorm } from './norm.ts';
import { type RotaryAngles, rotate } from './rotary.ts';

/** The lowest float32 stands for −∞ in masked scores, as in transformers: no NaN from ∞ − ∞, and no infinity in WGSL. */
export const MASKED_SCORE = -3.4028234663852886e38;

/** Positions, rotations and earlier keys and values. */
export interface AttentionInputs {
  /** int64 [pos]; the first is the number of past tokens. */
  readonly positions: Value;
  /** Angles of this layer's rotary base; null without rotation. */
  readonly angles: RotaryAngles | null;
}

/** Normalised input [batch, pos, d_model] → attention's output before any post norm, [batch, pos, d_model]. */
export function attention(ctx: BlockContext, x: Value, layer: number, shared: AttentionInputs): Value {
  const { b, hooks, spec } = ctx;
  const layerSpec = spec.layers[layer] ?? fault(`no layer ${layer}`);
  const [q0, k0, v0] = projections(ctx, x, layerSpec);
  const q1 = hooks.at(hookAt(layer, 'attn.hook_q'), q0);
  const k1 = hooks.at(hookAt(layer, 'attn.hook_k'), k0);
  const v = hooks.at(hookAt(layer, 'attn.hook_v'), v0);
  const q = rotated(ctx, hookAt(layer, 'attn.hook_rot_q'), headNorm(ctx, q1, layerSpec.q_norm), layerSpec, shared);
  const k = rotated(ctx, hookAt(layer, 'attn.hook_rot_k'), headNorm(ctx, k1, layerSpec.k_norm), layerSpec, shared);
  const inParts = ['attn.hook_attn_scores', 'attn.hook_pattern'].some((name) => hooks.observed(hookAt(layer, name)));
  const z0 = inParts ? attendInParts(ctx, q, k, v, layer, shared.positions) : attendFused(ctx, q, k, v, layer);
  const z = hooks.at(hookAt(layer, 'attn.hook_z'), z0);
  if (hooks.observed(hookAt(layer, 'attn.hook_result')))
    hooks.at(hookAt(layer, 'attn.hook_result'), perHeadResult(ctx, z, layerSpec));
  return linear(ctx, reshape(b, z, [...x.shape.slice(0, 2), spec.n_heads * spec.d_head]), layerSpec.o);
}

/** q [batch, pos, n_heads, d_head] and k, v [batch, pos, n_kv_heads, d_head]. */
function projections(ctx: BlockContext, x: Value, { qkv }: LayerSpec): [Value, Value, Value] {
  const { b, spec } = ctx;
  const [batch, pos] = x.shape as [Dim, Dim];
  const heads = (value: Value, count: number): Value => reshape(b, value, [batch, pos, count, spec.d_head]);
  if (qkv.kind === 'separate') {
    return [
      heads(linear(ctx, x, qkv.q), spec.n_heads),
      heads(linear(ctx, x, qkv.k), spec.n_kv_heads),
      heads(linear(ctx, x, qkv.v), spec.n_kv_heads),
    ];
  }
  const fused = linear(ctx, x, qkv.linear);
  const width = spec.n_heads * spec.d_head;
  if (qkv.packing === 'thirds') {
    const third = (i: number): Value => heads(slice(b, fused, 2, i * width, (i + 1) * width), spec.n_heads);
    return [third(0), third(1), third(2)];
  }
  const perHead = reshape(b, fused, [batch, pos, spec.n_heads, 3, spec.d_head]);
  const part = (i: number): Value => heads(slice(b, perHead, 3, i, i + 1), spec.n_heads);
  return [part(0), part(1), part(2)];
}

function rotated(ctx: BlockContext, hook: string, x: Value, layer: LayerSpec, shared: AttentionInputs): Value {
  const { rotary } = layer.attention;
  if (rotary === null || shared.angles === null) return x;
  return ctx.hooks.at(hook, rotate(ctx.b, x, shared.angles, rotary.dims));
}

function attendFused(ctx: BlockContext, q: Value, k: Value, v: Value, layer: number): Value {
  const { b, spec, past } = ctx;
  const flat = (x: Value): Value => reshape(b, x, [x.shape[0]!, x.shape[1]!, (x.shape[2] as number) * spec.d_head]);
  const { scale, softcap, window } = spec.layers[layer]!.attention;
  const attrs = { n_heads: spec.n_heads, n_kv_heads: spec.n_kv_heads, scale, softcap, window };
  const inputs = [flat(q), flat(k), flat(v)];
  if (past) inputs.push(...past.join(layer, inputs[1]!, inputs[2]!));
  return reshape(b, b.op('Attention', inputs, attrs), q.shape);
}

function attendInParts(ctx: BlockContext, q: Value, k: Value, v: Value, layer: number, positions: Value): Value {
  const { b, hooks, spec } = ctx;
  const { attention } = spec.layers[layer]!;
  const [batch, pos] = q.shape as [Dim, Dim];
  const group = spec.n_heads / spec.n_kv_heads;
  // Query heads that share a key head become a group axis, so keys and values are broadcast, never repeated.
  const grouped = [batch, spec.n_kv_heads, group, pos] as const;
  const qh = reshape(b, transpose(b, q, [0, 2, 1, 3]), [...grouped, spec.d_head]);
  const kh = unsqueeze(b, transpose(b, k, [0, 2, 3, 1]), 2);
  const vh = unsqueeze(b, transpose(b, v, [0, 2, 1, 3]), 2);
  const square = [batch, spec.n_heads, pos, pos] as const;
  const capped = softcap(b, scaleBy(b, matmul(b, qh, kh), attention.scale), attention.softcap);
  const masked = where(b, visible(b, positions, attention.window), reshape(b, capped, square), b.scalar(MASKED_SCORE));
  const scores = hooks.at(hookAt(layer, 'attn.hook_attn_scores'), masked);
  const pattern = hooks.at(hookAt(layer, 'attn.hook_pattern'), b.op('Softmax', [scores], {}));
  const z = reshape(b, matmul(b, reshape(b, pattern, [...grouped, pos]), vh), [batch, spec.n_heads, pos, spec.d_head]);
  return transpose(b, z, [0, 2, 1, 3]);
}

/** Which keys a query sees, bool [1, 1, pos, pos]: k ≤ q, and k > q − window where there is a window. */
function visible(b: GraphBuilder, positions: Value, window: number | null): Value {
  const pos = positions.shape[0]!;
  const p = cast(b, positions, 'float32');
  const query = reshape(b, p, [1, 1, pos, 1]);
  const key = reshape(b, p, [1, 1, 1, pos]);
  const causal = b.op('LessOrEqual', [key, query], {});
  if (window === null) return causal;
  const near = b.op('Greater', [key, b.op('Sub', [query, b.scalar(window)], {})], {});
  return b.op('And', [causal, near], {});
}

/** z·W_O head by head, [batch, pos, n_heads, d_model], without b_O. */
function perHeadResult(ctx: BlockContext, z: Value, layer: LayerSpec): Value {
  const { b, spec } = ctx;
  const stored = weight(ctx, layer.o.weight);
  const flat = layer.o.layout === 'in_out' ? stored : transpose(b, stored, [1, 0]);
  const W_O = reshape(b, flat, [1, spec.n_heads, spec.d_head, spec.d_model]);
  return transpose(b, matmul(b, transpose(b, z, [0, 2, 1, 3]), W_O), [0, 2, 1, 3]);
}
