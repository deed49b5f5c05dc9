/** Mistral: Llama with a sliding window on every layer; an absent `sliding_window` means 4096, null means none. */
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
  refuse,
} from './shared-config.ts';
import { llamaLike } from './shared-llama.ts';
import { readRotary, ropeFields } from './shared-rope.ts';

const Config = z.object({
  vocab_size: count.default(32000),
  hidden_size: count.default(4096),
  intermediate_size: count.default(14336),
  num_hidden_layers: layerCount.default(32),
  num_attention_heads: count.default(32),
  num_key_value_heads: count.nullable().default(8),
  head_dim: count.nullish(),
  hidden_act: z.string().default('silu'),
  max_position_embeddings: count.default(131_072),
  rms_norm_eps: positive.default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  sliding_window: count.nullable().default(4096),
  layer_types: z.array(z.string()).nullish(),
  ...ropeFields,
});

/** Mistral's reader. */
export const mistral: Family = {
  architectures: ['MistralForCausalLM'],
  modelTypes: { mistral: 'MistralForCausalLM' },
  read,
};

function read(source: ConfigSource): ModelSpec {
  const { path } = source;
  const config = parseShape(Config, source.config, path);
  // The reference ignores the list, so a mixed one would describe another model than the one that it runs.
  refuse(source, 'mixed layer_types', new Set(config.layer_types ?? []).size > 1);
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
    attention: () => ({ scale: 1 / Math.sqrt(d_head), softcap: null, window: config.sliding_window, rotary }),
  });
}
