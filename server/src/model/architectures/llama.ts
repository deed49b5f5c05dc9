/** Llama 2 and 3: grouped heads, SwiGLU, llama3 rotary scaling. */
import { z } from 'zod';
import { parseShape } from '../../formats/json.ts';
import type { ModelSpec } from '../spec.ts';
import {
  activationOf,
  type ConfigSource,
  count,
  derivedHeadSize,
  type Family,
  layerCount,
  positive,
} from './shared-config.ts';
import { llamaLike } from './shared-llama.ts';
import { readRotary, ropeFields } from './shared-rope.ts';

const Config = z.object({
  vocab_size: count.default(32000),
  hidden_size: count.default(4096),
  intermediate_size: count.default(11008),
  num_hidden_layers: layerCount.default(32),
  num_attention_heads: count.default(32),
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  hidden_act: z.string().default('silu'),
  max_position_embeddings: count.default(2048),
  rms_norm_eps: positive.default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  ...ropeFields,
});

/** Llama's reader. */
export const llama: Family = { architectures: ['LlamaForCausalLM'], modelTypes: { llama: 'LlamaForCausalLM' }, read };

function read(source: ConfigSource): ModelSpec {
  const { path } = source;
  const config = parseShape(Config, source.config, path);
  const n_heads = config.num_attention_heads;
  const n_ctx = config.max_position_embeddings;
  const d_head = config.head_dim ?? derivedHeadSize(config.hidden_size, n_heads, path);
  const rotary = readRotary(config, { d_head, n_ctx, path });
  return llamaLike(source, {
    n_layers: config.num_hidden_layers,
    n_ctx,
    d_model: config.hidden_size,
    n_heads,
    n_kv_heads: config.num_key_value_heads ?? n_heads,
    d_head,
    d_mlp: config.intermediate_size,
    d_vocab: config.vocab_size,
    eps: config.rms_norm_eps,
    activation: activationOf(config.hidden_act, path),
    tied: config.tie_word_embeddings,
    addsBos: true,
    qkvBias: config.attention_bias,
    oBias: config.attention_bias,
    mlpBias: config.mlp_bias,
    attention: () => ({ scale: 1 / Math.sqrt(d_head), softcap: null, window: null, rotary }),
  });
}
