/**
 * Gemma 3 text, alone (270m, 1b) or as the `text_config` of the model that also sees (4b and up; its vision tower is
 * left aside). Local layers slide and have a rotary base of their own.
 */
import { z } from 'zod';
import { parseShape } from '../../formats/json.ts';
import type { ModelSpec, RotarySpec } from '../spec.ts';
import {
  activationOf,
  type ConfigSource,
  contradiction,
  count,
  type Family,
  layerCount,
  positive,
  refuse,
} from './shared-config.ts';
import { llamaLike } from './shared-llama.ts';
import { ropeFields, rotaryFrom } from './shared-rope.ts';
import { layerTypes, windowsOf } from './shared-window.ts';

const TextConfig = z.object({
  vocab_size: count.default(262_208),
  hidden_size: count.default(2304),
  intermediate_size: count.default(9216),
  num_hidden_layers: layerCount.default(26),
  num_attention_heads: count.default(8),
  num_key_value_heads: count.default(4),
  head_dim: count.default(256),
  hidden_activation: z.string().default('gelu_pytorch_tanh'),
  max_position_embeddings: count.default(131_072),
  rms_norm_eps: positive.default(1e-6),
  tie_word_embeddings: z.boolean().default(true),
  attention_bias: z.boolean().default(false),
  query_pre_attn_scalar: positive.default(256),
  sliding_window: count.nullable().default(4096),
  sliding_window_pattern: count.default(6),
  layer_types: layerTypes,
  final_logit_softcapping: positive.nullish(),
  attn_logit_softcapping: positive.nullish(),
  use_bidirectional_attention: z.boolean().nullish(),
  rope_theta: positive.default(1_000_000),
  rope_local_base_freq: positive.default(10_000),
  rope_scaling: ropeFields.rope_scaling,
  rope_parameters: ropeFields.rope_parameters,
});

const NestedConfig = z.object({
  text_config: z.record(z.string(), z.unknown()),
  tie_word_embeddings: z.boolean().nullable().default(true),
});

const NESTED = 'Gemma3ForConditionalGeneration';

/** Gemma 3's reader. */
export const gemma3: Family = {
  architectures: ['Gemma3ForCausalLM', NESTED],
  modelTypes: { gemma3_text: 'Gemma3ForCausalLM', gemma3: NESTED },
  read(source) {
    if (source.architecture !== NESTED) return readText(source, source.config, source.path, ['model.', '']);
    const outer = parseShape(NestedConfig, source.config, source.path);
    // The outer flag rules: the unembedding belongs to the outer model.
    const text = { ...outer.text_config, tie_word_embeddings: outer.tie_word_embeddings === true };
    const prefixes = ['language_model.model.', 'model.language_model.', 'model.'];
    return readText(source, text, `${source.path} (text_config)`, prefixes);
  },
};

function readText(source: ConfigSource, raw: unknown, path: string, prefixes: readonly string[]): ModelSpec {
  const config = parseShape(TextConfig, raw, path);
  refuse(source, 'use_bidirectional_attention', config.use_bidirectional_attention === true);
  // The reference reads these keys and applies neither of the two, so a value would be a model that nobody ran.
  refuse(source, 'attn_logit_softcapping', typeof config.attn_logit_softcapping === 'number');
  const nestedCap = source.architecture === NESTED && typeof config.final_logit_softcapping === 'number';
  refuse(source, 'final_logit_softcapping', nestedCap);
  const n_layers = config.num_hidden_layers;
  const window = { layer_types: config.layer_types, window: config.sliding_window };
  const windows = windowsOf(window, n_layers, (layer) => (layer + 1) % config.sliding_window_pattern !== 0, path);
  const rotary = readBases(config, path);
  return llamaLike(source, {
    n_layers,
    n_ctx: config.max_position_embeddings,
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
    prefixes,
    qkvBias: config.attention_bias,
    oBias: config.attention_bias,
    headNorms: true,
    gemma: true,
    sandwich: true,
    finalSoftcap: config.final_logit_softcapping ?? null,
    attention: (layer) => ({
      scale: 1 / Math.sqrt(config.query_pre_attn_scalar),
      softcap: null,
      window: windows[layer]!,
      rotary: windows[layer] === null ? rotary.global : rotary.local,
    }),
  });
}

/** Rotation of global and local layers; scaling applies to the global one alone (transformers 5.23 `Gemma3TextConfig`). */
function readBases(config: z.infer<typeof TextConfig>, path: string): { global: RotarySpec; local: RotarySpec } {
  const stored = config.rope_parameters ?? {};
  const byType = parseShape(PerLayerType, stored, `${path} (rope_parameters)`);
  if (Object.keys(stored).length > 0 && !byType.full_attention && !byType.sliding_attention) {
    contradiction(path, 'rope_parameters must be given per layer type (full_attention, sliding_attention).', {
      found: Object.keys(stored),
    });
  }
  const shared = { d_head: config.head_dim, n_ctx: config.max_position_embeddings, share: 1, partial: false, path };
  const full = { ...byType.full_attention, ...config.rope_scaling };
  return {
    global: rotaryFrom(full, { ...shared, theta: config.rope_theta }),
    local: rotaryFrom(byType.sliding_attention ?? {}, { ...shared, theta: config.rope_local_base_freq }),
  };
}

const parameters = z.record(z.string(), z.unknown()).nullish();
const PerLayerType = z.object({ full_attention: parameters, sliding_attention: parameters });
