/** GPT-NeoX (Pythia): parallel blocks, q, k and v packed per head, rotation of a part of each head. */
import { z } from 'zod';
import { parseShape } from '../../formats/json.ts';
import type { AttentionSpec, LayerSpec, ModelSpec } from '../spec.ts';
import {
  activationOf,
  type ConfigSource,
  count,
  derivedHeadSize,
  type Family,
  layerCount,
  positive,
  resolvePrefix,
} from './shared-config.ts';
import { ropeFields, rotaryFrom } from './shared-rope.ts';
import { layerNorm, linear, unembedding } from './shared-weights.ts';

const Config = z.object({
  vocab_size: count.default(50432),
  hidden_size: count.default(6144),
  num_hidden_layers: layerCount.default(44),
  num_attention_heads: count.default(64),
  intermediate_size: count.default(24576),
  hidden_act: z.string().default('gelu'),
  max_position_embeddings: count.default(2048),
  layer_norm_eps: positive.default(1e-5),
  tie_word_embeddings: z.boolean().default(false),
  use_parallel_residual: z.boolean().default(true),
  attention_bias: z.boolean().default(true),
  rope_scaling: ropeFields.rope_scaling,
  rope_parameters: ropeFields.rope_parameters,
  rotary_emb_base: positive.default(10_000),
  rotary_pct: positive.max(1).default(0.25),
});

/** NeoX's reader; the unembedding is `embed_out`, in some newer files `lm_head`. */
export const gptNeox: Family = {
  architectures: ['GPTNeoXForCausalLM'],
  modelTypes: { gpt_neox: 'GPTNeoXForCausalLM' },
  read,
};

function read(source: ConfigSource): ModelSpec {
  const { path } = source;
  const config = parseShape(Config, source.config, path);
  const d_head = derivedHeadSize(config.hidden_size, config.num_attention_heads, path);
  const prefix = resolvePrefix(source, ['gpt_neox.', ''], 'embed_in.weight');
  const W_E = `${prefix}embed_in.weight`;
  const context = { d_head, n_ctx: config.max_position_embeddings, path, partial: true };
  const rotary = rotaryFrom(config.rope_scaling ?? config.rope_parameters ?? {}, {
    ...context,
    theta: config.rotary_emb_base,
    share: config.rotary_pct,
  });
  const attention = { scale: 1 / Math.sqrt(d_head), softcap: null, window: null, rotary };
  return {
    architecture: source.architecture,
    n_layers: config.num_hidden_layers,
    n_ctx: config.max_position_embeddings,
    d_model: config.hidden_size,
    n_heads: config.num_attention_heads,
    n_kv_heads: config.num_attention_heads,
    d_head,
    d_mlp: config.intermediate_size,
    d_vocab: config.vocab_size,
    activation: activationOf(config.hidden_act, path),
    norm: { kind: 'layer', eps: config.layer_norm_eps, gainOffset: 0 },
    parallel: config.use_parallel_residual,
    embedScale: 1,
    finalSoftcap: null,
    layers: Array.from({ length: config.num_hidden_layers }, (_, layer) =>
      layerSpec(`${prefix}layers.${layer}.`, attention, config.attention_bias),
    ),
    W_E,
    W_pos: null,
    ln_final: layerNorm(`${prefix}final_layer_norm`),
    W_U: unembedding(source, config.tie_word_embeddings, W_E, ['embed_out.weight', 'lm_head.weight']),
    addsBos: false,
  };
}

function layerSpec(at: string, attention: AttentionSpec, attentionBias: boolean): LayerSpec {
  return {
    attention,
    ln1: layerNorm(`${at}input_layernorm`),
    ln2: layerNorm(`${at}post_attention_layernorm`),
    ln1_post: null,
    ln2_post: null,
    qkv: { kind: 'fused', packing: 'per_head', linear: linear(`${at}attention.query_key_value`, attentionBias) },
    q_norm: null,
    k_norm: null,
    o: linear(`${at}attention.dense`, attentionBias),
    mlp: { kind: 'plain', in: linear(`${at}mlp.dense_h_to_4h`, true), out: linear(`${at}mlp.dense_4h_to_h`, true) },
  };
}
