/** Fields and window rule that Qwen 2 and Qwen 3 share. */
import { z } from 'zod';
import { count, layerCount, positive } from './shared-config.ts';
import type { LlamaLike } from './shared-llama.ts';
import { readRotary, ropeFields } from './shared-rope.ts';
import { layerTypes, windowsOf } from './shared-window.ts';

/** Config keys of both generations with their common defaults. */
export const qwenFields = {
  vocab_size: count.default(151_936),
  hidden_size: count.default(4096),
  intermediate_size: count.default(22016),
  num_hidden_layers: layerCount.default(32),
  num_attention_heads: count.default(32),
  num_key_value_heads: count.nullable().default(32),
  hidden_act: z.string().default('silu'),
  max_position_embeddings: count.default(32768),
  rms_norm_eps: positive.default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  use_sliding_window: z.boolean().default(false),
  sliding_window: count.nullable().default(4096),
  max_window_layers: z.int().nonnegative().default(28),
  layer_types: layerTypes,
  ...ropeFields,
};

/** The shared part of the decoder; without a list of layer types the layers from `max_window_layers` on slide. */
export function qwenModel(
  config: z.infer<z.ZodObject<typeof qwenFields>>,
  d_head: number,
  path: string,
): Omit<LlamaLike, 'activation'> {
  const n_layers = config.num_hidden_layers;
  const n_ctx = config.max_position_embeddings;
  const window = config.use_sliding_window ? config.sliding_window : null;
  const slides = (layer: number) => window !== null && layer >= config.max_window_layers;
  const windows = windowsOf({ layer_types: config.layer_types, window }, n_layers, slides, path);
  const rotary = readRotary(config, { d_head, n_ctx, path });
  return {
    n_layers,
    n_ctx,
    d_model: config.hidden_size,
    n_heads: config.num_attention_heads,
    n_kv_heads: config.num_key_value_heads ?? config.num_attention_heads,
    d_head,
    d_mlp: config.intermediate_size,
    d_vocab: config.vocab_size,
    eps: config.rms_norm_eps,
    tied: config.tie_word_embeddings,
    addsBos: false,
    attention: (layer) => ({ scale: 1 / Math.sqrt(d_head), softcap: null, window: windows[layer]!, rotary }),
  };
}
