/** Gemma 1: gains (1 + w), embeddings times √d_model, GeGLU that is the tanh form even where the config says `gelu`. */
import { z } from 'zod';
import { parseShape } from '../../formats/json.ts';
import type { ModelSpec } from '../spec.ts';
import { activationOf, type ConfigSource, count, type Family, layerCount, positive, refuse } from './shared-config.ts';
import { llamaLike } from './shared-llama.ts';
import { readRotary, ropeFields } from './shared-rope.ts';

const Config = z.object({
  vocab_size: count.default(256_000),
  hidden_size: count.default(3072),
  intermediate_size: count.default(24576),
  num_hidden_layers: layerCount.default(28),
  num_attention_heads: count.default(16),
  num_key_value_heads: count.default(16),
  head_dim: count.default(256),
  hidden_act: z.string().default('gelu_pytorch_tanh'),
  max_position_embeddings: count.default(8192),
  rms_norm_eps: positive.default(1e-6),
  tie_word_embeddings: z.boolean().default(true),
  attention_bias: z.boolean().default(false),
  use_bidirectional_attention: z.boolean().nullish(),
  ...ropeFields,
});

/** Gemma 1's reader. */
export const gemma: Family = { architectures: ['GemmaForCausalLM'], modelTypes: { gemma: 'GemmaForCausalLM' }, read };

function read(source: ConfigSource): ModelSpec {
  const { path } = source;
  const config = parseShape(Config, source.config, path);
  refuse(source, 'use_bidirectional_attention', config.use_bidirectional_attention === true);
  const d_head = config.head_dim;
  const n_ctx = config.max_position_embeddings;
  const rotary = readRotary(config, { d_head, n_ctx, path });
  // `gelu` is the legacy spelling of the released files; the models were trained with the tanh form.
  const act = config.hidden_act;
  return llamaLike(source, {
    n_layers: config.num_hidden_layers,
    n_ctx,
    d_model: config.hidden_size,
    n_heads: config.num_attention_heads,
    n_kv_heads: config.num_key_value_heads,
    d_head,
    d_mlp: config.intermediate_size,
    d_vocab: config.vocab_size,
    eps: config.rms_norm_eps,
    activation: act === 'gelu' ? 'gelu_tanh' : activationOf(act, path),
    tied: config.tie_word_embeddings,
    addsBos: true,
    qkvBias: config.attention_bias,
    oBias: config.attention_bias,
    gemma: true,
    attention: () => ({ scale: 1 / Math.sqrt(d_head), softcap: null, window: null, rotary }),
  });
}
