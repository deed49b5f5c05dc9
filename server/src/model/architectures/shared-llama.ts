/**
 * The decoder that Llama, Mistral, Qwen and Gemma share: RMS norms, rotary attention with grouped heads, gated MLP.
 * Families differ in the fields of `LlamaLike` alone.
 */
import type { Activation, AttentionSpec, LayerSpec, ModelSpec } from '../spec.ts';
import { type ConfigSource, contradiction, resolvePrefix } from './shared-config.ts';
import { linear, rmsNorm, unembedding } from './shared-weights.ts';

export interface LlamaLike {
  readonly n_layers: number;
  readonly n_ctx: number;
  readonly d_model: number;
  readonly n_heads: number;
  readonly n_kv_heads: number;
  readonly d_head: number;
  readonly d_mlp: number;
  readonly d_vocab: number;
  readonly eps: number;
  readonly activation: Activation;
  readonly tied: boolean;
  readonly addsBos: boolean;
  /** Attention of a layer, 0-based. */
  readonly attention: (layer: number) => AttentionSpec;
  /** Prefixes of the decoder's tensors, most usual first. */
  readonly prefixes?: readonly string[];
  readonly qkvBias?: boolean;
  readonly oBias?: boolean;
  readonly mlpBias?: boolean;
  /** RMS norms over each head of q and k. */
  readonly headNorms?: boolean;
  /** Gemma's conventions: gain (1 + w), embeddings times √d_model. */
  readonly gemma?: boolean;
  /** Norms on the outputs of both blocks. */
  readonly sandwich?: boolean;
  readonly finalSoftcap?: number | null;
}

/** Builds the spec. @throws corrupt-file when the heads do not share k and v evenly; missing-tensor. */
export function llamaLike(source: ConfigSource, model: LlamaLike): ModelSpec {
  const { n_heads, n_kv_heads, d_model } = model;
  if (n_heads % n_kv_heads !== 0) {
    contradiction(source.path, `${n_heads} heads are not a multiple of ${n_kv_heads} key-value heads.`, {
      found: { n_heads, n_kv_heads },
    });
  }
  const prefix = resolvePrefix(source, model.prefixes ?? ['model.', ''], 'embed_tokens.weight');
  const W_E = `${prefix}embed_tokens.weight`;
  return {
    architecture: source.architecture,
    n_layers: model.n_layers,
    n_ctx: model.n_ctx,
    d_model,
    n_heads,
    n_kv_heads,
    d_head: model.d_head,
    d_mlp: model.d_mlp,
    d_vocab: model.d_vocab,
    activation: model.activation,
    norm: { kind: 'rms', eps: model.eps, gainOffset: model.gemma ? 1 : 0 },
    parallel: false,
    embedScale: model.gemma ? Math.sqrt(d_model) : 1,
    finalSoftcap: model.finalSoftcap ?? null,
    layers: Array.from({ length: model.n_layers }, (_, layer) => layerSpec(model, layer, `${prefix}layers.${layer}.`)),
    W_E,
    W_pos: null,
    ln_final: rmsNorm(`${prefix}norm`),
    W_U: unembedding(source, model.tied, W_E, HEADS),
    addsBos: model.addsBos,
  };
}

const HEADS = ['lm_head.weight', 'language_model.lm_head.weight'];

function layerSpec(model: LlamaLike, layer: number, at: string): LayerSpec {
  return {
    attention: model.attention(layer),
    ln1: rmsNorm(`${at}input_layernorm`),
    // One name, two roles: with output norms it is attention's own, without them it stands before the MLP.
    ln2: rmsNorm(model.sandwich ? `${at}pre_feedforward_layernorm` : `${at}post_attention_layernorm`),
    ln1_post: model.sandwich ? rmsNorm(`${at}post_attention_layernorm`) : null,
    ln2_post: model.sandwich ? rmsNorm(`${at}post_feedforward_layernorm`) : null,
    qkv: {
      kind: 'separate',
      q: linear(`${at}self_attn.q_proj`, model.qkvBias ?? false),
      k: linear(`${at}self_attn.k_proj`, model.qkvBias ?? false),
      v: linear(`${at}self_attn.v_proj`, model.qkvBias ?? false),
    },
    q_norm: model.headNorms ? rmsNorm(`${at}self_attn.q_norm`) : null,
    k_norm: model.headNorms ? rmsNorm(`${at}self_attn.k_norm`) : null,
    o: linear(`${at}self_attn.o_proj`, model.oBias ?? false),
    mlp: {
      kind: 'gated',
      gate: linear(`${at}mlp.gate_proj`, model.mlpBias ?? false),
      up: linear(`${at}mlp.up_proj`, model.mlpBias ?? false),
      down: linear(`${at}mlp.down_proj`, model.mlpBias ?? false),
    },
  };
}
