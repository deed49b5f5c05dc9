/** GPT-2: learned positions, Conv1D weights stored [in, out], q, k and v in thirds of `c_attn`. */
import { z } from 'zod';
import { parseShape } from '../../formats/json.ts';
import type { LayerSpec, ModelSpec } from '../spec.ts';
import {
  activationOf,
  type ConfigSource,
  count,
  derivedHeadSize,
  type Family,
  layerCount,
  positive,
  refuse,
  resolvePrefix,
} from './shared-config.ts';
import { conv1d, layerNorm, unembedding } from './shared-weights.ts';

const Config = z.object({
  vocab_size: count.default(50257),
  n_positions: count.optional(),
  n_ctx: count.optional(),
  n_embd: count.default(768),
  n_layer: layerCount.default(12),
  n_head: count.default(12),
  n_inner: count.nullish(),
  activation_function: z.string().default('gelu_new'),
  layer_norm_epsilon: positive.default(1e-5),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  add_cross_attention: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
});

/** GPT-2's reader; older checkpoints store `h.0…`, newer ones `transformer.h.0…`. */
export const gpt2: Family = { architectures: ['GPT2LMHeadModel'], modelTypes: { gpt2: 'GPT2LMHeadModel' }, read };

function read(source: ConfigSource): ModelSpec {
  const config = parseShape(Config, source.config, source.path);
  refuse(source, 'add_cross_attention', config.add_cross_attention);
  const d_head = derivedHeadSize(config.n_embd, config.n_head, source.path);
  const prefix = resolvePrefix(source, ['transformer.', ''], 'wte.weight');
  const W_E = `${prefix}wte.weight`;
  return {
    architecture: source.architecture,
    n_layers: config.n_layer,
    n_ctx: config.n_positions ?? config.n_ctx ?? 1024,
    d_model: config.n_embd,
    n_heads: config.n_head,
    n_kv_heads: config.n_head,
    d_head,
    d_mlp: config.n_inner ?? 4 * config.n_embd,
    d_vocab: config.vocab_size,
    activation: activationOf(config.activation_function, source.path),
    norm: { kind: 'layer', eps: config.layer_norm_epsilon, gainOffset: 0 },
    parallel: false,
    embedScale: 1,
    finalSoftcap: null,
    layers: Array.from({ length: config.n_layer }, (_, layer) => {
      const byLayer = config.scale_attn_by_inverse_layer_idx ? layer + 1 : 1;
      const scale = (config.scale_attn_weights ? 1 / Math.sqrt(d_head) : 1) / byLayer;
      return layerSpec(`${prefix}h.${layer}.`, scale);
    }),
    W_E,
    W_pos: `${prefix}wpe.weight`,
    ln_final: layerNorm(`${prefix}ln_f`),
    W_U: unembedding(source, config.tie_word_embeddings, W_E, ['lm_head.weight']),
    addsBos: false,
  };
}

function layerSpec(at: string, scale: number): LayerSpec {
  return {
    attention: { scale, softcap: null, window: null, rotary: null },
    ln1: layerNorm(`${at}ln_1`),
    ln2: layerNorm(`${at}ln_2`),
    ln1_post: null,
    ln2_post: null,
    qkv: { kind: 'fused', packing: 'thirds', linear: conv1d(`${at}attn.c_attn`) },
    q_norm: null,
    k_norm: null,
    o: conv1d(`${at}attn.c_proj`),
    mlp: { kind: 'plain', in: conv1d(`${at}mlp.c_fc`), out: conv1d(`${at}mlp.c_proj`) },
  };
}
