/** Gemma 2: norms on block outputs, softcapped scores and logits, every other layer sliding, starting with layer 0. */
import { z } from 'zod';
import { parseShape } from '../../formats/json.ts';
import type { ModelSpec } from '../spec.ts';
import { activationOf, type ConfigSource, count, type Family, layerCount, positive, refuse } from './shared-config.ts';
import { llamaLike } from './shared-llama.ts';
import { readRotary, ropeFields } from './shared-rope.ts';
import { layerTypes, windowsOf } from './shared-window.ts';

const Config = z.object({
  vocab_size: count.default(256_000),
  hidden_size: count.default(2304),
  intermediate_size: count.default(9216),
  num_hidden_layers: layerCount.default(26),
  num_attention_heads: count.default(8),
  num_key_value_heads: count.default(4),
  head_dim: count.default(256),
  hidden_activation: z.string().default('gelu_pytorch_tanh'),
  max_position_embeddings: count.default(8192),
  rms_norm_eps: positive.default(1e-6),
  tie_word_embeddings: z.boolean().default(true),
  attention_bias: z.boolean().default(false),
  query_pre_attn_scalar: positive.default(256),
  sliding_window: count.nullable().default(4096),
  layer_types: layerTypes,
  final_logit_softcapping: positive.nullable().default(30),
  attn_logit_softcapping: positive.nullable().default(50),
  use_bidirectional_attention: z.boolean().nullish(),
  ...ropeFields,
});

/** Gemma 2's reader. */
export const gemma2: Family = {
  architectures: ['Gemma2ForCausalLM'],
  modelTypes: { gemma2: 'Gemma2ForCausalLM' },
  read,
};

function read(source: ConfigSource): ModelSpec {
  const { path } = source;
  const config = parseShape(Config, source.config, path);
  refuse(source, 'use_bidirectional_attention', config.use_bidirectional_attention === true);
  const n_layers = config.num_hidden_layers;
  const n_ctx = config.max_position_embeddings;
  const rotary = readRotary(config, { d_head: config.head_dim, n_ctx, path });
  const window = { layer_types: config.layer_types, window: config.sliding_window };
  const windows = windowsOf(window, n_layers, (layer) => layer % 2 === 0, path);
  return llamaLike(source, {
    n_layers,
    n_ctx,
    d_model: config.hidden_size,
    n_heads: config.num_attention_heads,
    n_kv_heads: config.num_key_value_heads,
    d_head: config.head_dim,
    d_mlp: config.intermediate_size,
    d_vocab: config.vocab_size,
    eps: config.rms_norm_eps,
    activation: activationOf(config.hidden_activation, path),
    tied: config.tie_word_embeddings,
    addsBos: true,
    qkvBias: config.attention_bias,
    oBias: config.attention_bias,
    gemma: true,
    sandwich: true,
    finalSoftcap: config.final_logit_softcapping,
    attention: (layer) => ({
      scale: 1 / Math.sqrt(config.query_pre_attn_scalar),
      softcap: config.attn_logit_softcapping,
      window: windows[layer]!,
      rotary,
    }),
  });
}
