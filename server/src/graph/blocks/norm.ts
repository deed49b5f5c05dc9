/** LayerNorm and RMSNorm: one fused op, or in parts where scale or normalised values are observed. */
import type { NormWeights } from '../../model/spec.ts';
import { add, div, meanLast, mul, sqrt, sub } from '../expr.ts';
import type { Value } from '../ir.ts';
import { type BlockContext, weight } from './context.ts';

/** Normalises the last axis. `hookPrefix` names the hooks (`blocks.3.ln1`); null for norms without hooks. */
export function norm(ctx: BlockContext, x: Value, weights: NormWeights, hookPrefix: string | null): Value {
  const scaleHook = `${hookPrefix}.hook_scale`;
  const normalizedHook = `${hookPrefix}.hook_normalized`;
  const observed = hookPrefix !== null && (ctx.hooks.observed(scaleHook) || ctx.hooks.observed(normalizedHook));
  if (!observed) return fusedNorm(ctx, x, weights);
  const { b, spec } = ctx;
  const centred = spec.norm.kind === 'layer' ? sub(b, x, meanLast(b, x)) : x;
  const scale = ctx.hooks.at(
    scaleHook,
    sqrt(b, add(b, meanLast(b, mul(b, centred, centred)), b.scalar(spec.norm.eps))),
  );
  const normalized = ctx.hooks.at(normalizedHook, div(b, centred, scale));
  const gained = mul(b, normalized, gain(ctx, weights));
  return weights.bias === null ? gained : add(b, gained, weight(ctx, weights.bias));
}

/** RMS norm over d_head of q or k, [batch, pos, heads, d_head]. */
export function headNorm(ctx: BlockContext, x: Value, weights: NormWeights | null): Value {
  return weights === null ? x : ctx.b.op('RmsNorm', [x, gain(ctx, weights)], { eps: ctx.spec.norm.eps });
}

function fusedNorm(ctx: BlockContext, x: Value, weights: NormWeights): Value {
  const { b, spec } = ctx;
  const g = gain(ctx, weights);
  if (spec.norm.kind === 'rms') return b.op('RmsNorm', [x, g], { eps: spec.norm.eps });
  return b.op('LayerNorm', weights.bias === null ? [x, g] : [x, g, weight(ctx, weights.bias)], { eps: spec.norm.eps });
}

/** The multiplier: w, or 1 + w on Gemma. */
function gain(ctx: BlockContext, weights: NormWeights): Value {
  const w = weight(ctx, weights.weight);
  return ctx.spec.norm.gainOffset === 0 ? w : add(ctx.b, w, ctx.b.scalar(ctx.spec.norm.gainOffset));
}
