/**
 * The forward pass of every supported decoder, written once over ModelSpec, with every hook of `core/hook-name` placed.
 * Passes that follow prune what nobody asked for, so this file never decides what to compute.
 */
import { hookAt } from '../core/hook-name.ts';
import type { Pieces } from '../core/turn.ts';
import type { NormWeights, RotarySpec } from '../model/spec.ts';
import { attention } from './blocks/attention.ts';
import { type BlockContext, storedWeight, type WeightContext } from './blocks/context.ts';
import { linear } from './blocks/linear.ts';
import { mlp } from './blocks/mlp.ts';
import { norm } from './blocks/norm.ts';
import { type RotaryAngles, rotaryAngles } from './blocks/rotary.ts';
import { add, cast, expand, gatherRows, iota, reshape, scaleBy, softcap, unsqueeze } from './expr.ts';
import type { Value } from './ir.ts';

/** Ends of the forward pass. */
export interface ForwardResult {
  /** int64 [batch, pos], the graph's input `tokens`. */
  readonly tokens: Value;
  /** Float32 [batch, pos, d_model]: the last residual after ln_final, what the unembedding reads. */
  readonly final: Value;
}

/** Appends the model up to the unembedding, block by block: input `tokens` → final, calling the hooks on the way. */
export function* forward(ctx: BlockContext): Pieces<ForwardResult> {
  const { b, spec } = ctx;
  const tokens = b.input('tokens', 'int64', ['batch', 'pos']);
  const fromZero = iota(b, 'pos');
  const positions = ctx.past ? add(b, fromZero, ctx.past.length) : fromZero;
  const angles = sharedAngles(ctx, positions);
  let resid = embed(ctx, tokens, positions);
  for (let layer = 0; layer < spec.n_layers; layer++) {
    resid = block(ctx, resid, layer, positions, angles(spec.layers[layer]!.attention.rotary));
    yield;
  }
  return { tokens, final: norm(ctx, resid, spec.ln_final, 'ln_final') };
}

/** final [..., d_model] → logits [..., d_vocab], after any final softcap. */
export function unembed(ctx: WeightContext, final: Value): Value {
  return softcap(ctx.b, linear(ctx, final, ctx.spec.W_U), ctx.spec.finalSoftcap);
}

function embed(ctx: BlockContext, tokens: Value, positions: Value): Value {
  const { b, spec, hooks } = ctx;
  // Rows are gathered in the stored dtype and widened after: widening the table would double it in memory.
  const rows = cast(b, gatherRows(b, storedWeight(ctx, spec.W_E), tokens), 'float32');
  const embedded = hooks.at('hook_embed', scaleBy(b, rows, spec.embedScale));
  if (spec.W_pos === null) return embedded;
  const table = cast(b, gatherRows(b, storedWeight(ctx, spec.W_pos), positions), 'float32');
  const shape = embedded.shape;
  const perBatch = hooks.observed('hook_pos_embed') ? expand(b, unsqueeze(b, table, 0), shape) : table;
  return add(b, embedded, hooks.at('hook_pos_embed', perBatch));
}

function block(ctx: BlockContext, input: Value, layer: number, positions: Value, angles: RotaryAngles | null): Value {
  const { b, spec, hooks } = ctx;
  const weights = spec.layers[layer]!;
  const at = (suffix: string, value: Value): Value => hooks.at(hookAt(layer, suffix), value);
  const resid_pre = at('hook_resid_pre', input);
  perHeadInputs(ctx, resid_pre, layer);
  const attnInput = norm(ctx, resid_pre, weights.ln1, hookAt(layer, 'ln1'));
  const attnRaw = attention(ctx, attnInput, layer, { positions, angles });
  const attn_out = at('hook_attn_out', postNorm(ctx, attnRaw, weights.ln1_post));
  const resid_mid = spec.parallel ? null : at('hook_resid_mid', add(b, resid_pre, attn_out));
  const mlpInput = at('hook_mlp_in', resid_mid ?? resid_pre);
  const mlpRaw = mlp(ctx, norm(ctx, mlpInput, weights.ln2, hookAt(layer, 'ln2')), layer);
  const mlp_out = at('hook_mlp_out', postNorm(ctx, mlpRaw, weights.ln2_post));
  return at('hook_resid_post', add(b, resid_mid ?? add(b, resid_pre, attn_out), mlp_out));
}

function postNorm(ctx: BlockContext, x: Value, weights: NormWeights | null): Value {
  return weights === null ? x : norm(ctx, x, weights, null);
}

/** TransformerLens' opt-in split inputs: the residual stream repeated per head, for reading only. */
function perHeadInputs(ctx: BlockContext, resid: Value, layer: number): void {
  const { b, spec, hooks } = ctx;
  const counts = {
    hook_attn_in: spec.n_heads,
    hook_q_input: spec.n_heads,
    hook_k_input: spec.n_kv_heads,
    hook_v_input: spec.n_kv_heads,
  };
  for (const [suffix, count] of Object.entries(counts)) {
    const name = hookAt(layer, suffix);
    if (!hooks.observed(name)) continue;
    const [batch, pos] = resid.shape;
    hooks.at(name, expand(b, reshape(b, resid, [batch!, pos!, 1, spec.d_model]), [batch!, pos!, count, spec.d_model]));
  }
}

/** Angles computed once per distinct rotary embedding, shared by its layers. */
function sharedAngles(ctx: BlockContext, positions: Value): (rotary: RotarySpec | null) => RotaryAngles | null {
  const known = new Map<string, RotaryAngles>();
  return (rotary) => {
    if (rotary === null) return null;
    const key = rotary.inverseFrequencies.join();
    const angles = known.get(key) ?? rotaryAngles(ctx.b, positions, rotary);
    known.set(key, angles);
    return angles;
  };
}
