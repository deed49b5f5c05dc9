import { describe, expect, it } from 'vitest';
import { readModelSpec, SUPPORTED_ARCHITECTURES } from '../../server/src/model/architectures/registry.ts';
import { requiredTensors } from '../../server/src/model/shapes.ts';
import type { ModelSpec } from '../../server/src/model/spec.ts';
import { expectError } from '../support/expect-error.ts';
import * as published from './published-configs.ts';

const read = (config: unknown): ModelSpec => readModelSpec(config, 'config.json');

/** Parameters of the stored tensors: a published count is met only when every size and bias is right. */
function parameters(spec: ModelSpec): number {
  return [...requiredTensors(spec).values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/** Base of the plain rotary frequencies of a layer. */
function base(spec: ModelSpec, layer: number): number {
  const { dims, inverseFrequencies } = spec.layers[layer]!.attention.rotary!;
  return Number(((1 / inverseFrequencies[1]!) ** (dims / 2)).toPrecision(5));
}

const windows = (spec: ModelSpec) => spec.layers.map((layer) => layer.attention.window);

describe('published configs', () => {
  it.each([
    ['gpt2', published.gpt2, 124_439_808],
    ['pythia-70m', published.pythia70m, 70_426_624],
    ['Llama-2-7b', published.llama2, 6_738_415_616],
    ['Llama-3.1-8B', published.llama31, 8_030_261_248],
    ['Llama-3.2-1B', published.llama32, 1_235_814_400],
    ['Mistral-7B-v0.1', published.mistral01, 7_241_732_096],
    ['Mistral-7B-v0.3', published.mistral03, 7_248_023_552],
    ['gemma-2b', published.gemma2b, 2_506_172_416],
    ['gemma-2-2b', published.gemma22b, 2_614_341_888],
    ['gemma-3-270m', published.gemma3270m, 268_098_176],
    ['gemma-3-1b', published.gemma31b, 999_885_952],
    ['gemma-3-4b, text', published.gemma34b, 3_880_263_168],
    ['gemma-3-12b, text', published.gemma312b, 11_766_034_176],
    ['Qwen2.5-0.5B', published.qwen25, 494_032_768],
    ['Qwen3-0.6B', published.qwen306b, 596_049_920],
  ])('%s has its known number of parameters', (_, config, count) => {
    expect(parameters(read(config))).toBe(count);
  });

  it('GPT-2: tied, learned positions, thirds stored [in, out]', () => {
    const spec = read(published.gpt2);
    expect(spec).toMatchObject({ n_ctx: 1024, d_head: 64, d_mlp: 3072, activation: 'gelu_tanh', addsBos: false });
    expect(spec).toMatchObject({ W_E: 'transformer.wte.weight', W_pos: 'transformer.wpe.weight' });
    expect(spec.W_U).toEqual({ weight: spec.W_E, bias: null, layout: 'out_in' });
    expect(spec.layers[3]!.qkv).toEqual({
      kind: 'fused',
      packing: 'thirds',
      linear: {
        weight: 'transformer.h.3.attn.c_attn.weight',
        bias: 'transformer.h.3.attn.c_attn.bias',
        layout: 'in_out',
      },
    });
    expect(spec.layers[3]!.attention).toEqual({ scale: 0.125, softcap: null, window: null, rotary: null });
    const scaled = read({ ...published.gpt2, scale_attn_by_inverse_layer_idx: true });
    expect(scaled.layers[3]!.attention.scale).toBe(0.125 / 4);
    expect(read({ ...published.gpt2, scale_attn_weights: false }).layers[3]!.attention.scale).toBe(1);
  });

  it('Pythia: parallel, packed per head, a quarter of the head rotated, erf GELU', () => {
    const spec = read(published.pythia70m);
    expect(spec).toMatchObject({
      parallel: true,
      activation: 'gelu',
      norm: { kind: 'layer', eps: 1e-5, gainOffset: 0 },
    });
    expect(spec.W_U.weight).toBe('embed_out.weight');
    expect(spec.layers[0]!.qkv).toMatchObject({ kind: 'fused', packing: 'per_head' });
    expect(spec.layers[0]!.attention.rotary!.dims).toBe(16);
    expect(base(spec, 0)).toBe(10_000);
    const v5 = { ...published.pythia70m, rotary_pct: undefined, rotary_emb_base: undefined };
    const moved = read({
      ...v5,
      rope_parameters: { rope_type: 'default', rope_theta: 10_000, partial_rotary_factor: 0.25 },
    });
    expect(moved).toEqual(spec);
    expect(read({ ...published.pythia70m, use_parallel_residual: false }).parallel).toBe(false);
  });

  it('Llama: grouped heads, head_dim before the quotient, both spellings of the rotary scaling', () => {
    const spec = read(published.llama31);
    expect(spec).toMatchObject({ n_kv_heads: 8, d_head: 128, addsBos: true, embedScale: 1, activation: 'silu' });
    expect(spec.layers[0]!.ln2.weight).toBe('model.layers.0.post_attention_layernorm.weight');
    expect(read(published.llama32)).toMatchObject({ d_head: 64, W_U: { weight: 'model.embed_tokens.weight' } });
    const { rope_scaling, rope_theta, ...rest } = published.llama31;
    expect(read({ ...rest, rope_parameters: { ...rope_scaling, rope_theta } })).toEqual(spec);
    const { rope_type, ...legacy } = rope_scaling;
    expect(read({ ...published.llama31, rope_scaling: { ...legacy, type: rope_type } })).toEqual(spec);
  });

  it('Mistral: absent window 4096, null none', () => {
    const { sliding_window: _, ...absent } = published.mistral01;
    for (const config of [absent, published.mistral01]) expect(new Set(windows(read(config)))).toEqual(new Set([4096]));
    expect(new Set(windows(read(published.mistral03)))).toEqual(new Set([null]));
  });

  it('Gemma 1 and 2: offsets, scales, caps, and layer 0 sliding', () => {
    const one = read(published.gemma2b);
    expect(one).toMatchObject({
      n_kv_heads: 1,
      activation: 'gelu_tanh',
      norm: { kind: 'rms', eps: 1e-6, gainOffset: 1 },
    });
    expect(one.embedScale).toBe(Math.sqrt(2048));
    expect(one.finalSoftcap).toBe(null);
    const two = read(published.gemma22b);
    expect(two).toMatchObject({ finalSoftcap: 30, W_U: { weight: two.W_E } });
    expect(windows(two).slice(0, 4)).toEqual([4096, null, 4096, null]);
    expect(two.layers[1]!.attention).toMatchObject({ scale: 1 / 16, softcap: 50 });
    const at = 'model.layers.1.';
    expect(two.layers[1]).toMatchObject({
      ln1: { weight: `${at}input_layernorm.weight` },
      ln1_post: { weight: `${at}post_attention_layernorm.weight` },
      ln2: { weight: `${at}pre_feedforward_layernorm.weight` },
      ln2_post: { weight: `${at}post_feedforward_layernorm.weight` },
    });
    expect(read({ ...published.gemma22b, attn_logit_softcapping: null }).layers[0]!.attention.softcap).toBe(null);
  });

  it('Gemma 3: five local layers to a global one, two bases, scaling on the global one', () => {
    const small = read(published.gemma31b);
    expect(windows(small).slice(0, 7)).toEqual([512, 512, 512, 512, 512, null, 512]);
    expect([base(small, 0), base(small, 5)]).toEqual([10_000, 1_000_000]);
    expect(small.layers[0]).toMatchObject({
      q_norm: { weight: 'model.layers.0.self_attn.q_norm.weight' },
      attention: { softcap: null },
    });
    const four = read(published.gemma34b);
    expect(four).toMatchObject({ n_heads: 8, n_kv_heads: 4, d_head: 256, d_vocab: 262_208, n_ctx: 131_072 });
    expect(four.W_E).toBe('language_model.model.embed_tokens.weight');
    expect(four.layers[0]!.attention.rotary!.inverseFrequencies[0]).toBe(1);
    expect(four.layers[5]!.attention.rotary!.inverseFrequencies[0]).toBe(1 / 8);
    expect(read(published.gemma312b)).toMatchObject({ n_heads: 16, n_kv_heads: 8, n_layers: 48 });
    const { rope_theta, rope_local_base_freq, rope_scaling, ...rest } = published.gemma31b;
    const rope_parameters = {
      full_attention: { rope_type: 'default', rope_theta, ...(rope_scaling ?? {}) },
      sliding_attention: { rope_type: 'default', rope_theta: rope_local_base_freq },
    };
    expect(read({ ...rest, rope_parameters })).toEqual(small);
  });

  it('Qwen: biases or head norms, and windows only when switched on', () => {
    const two = read(published.qwen25);
    expect(two).toMatchObject({ addsBos: false, W_U: { weight: two.W_E } });
    expect(two.layers[0]).toMatchObject({
      qkv: { q: { bias: 'model.layers.0.self_attn.q_proj.bias' } },
      o: { bias: null },
      q_norm: null,
    });
    expect(new Set(windows(two))).toEqual(new Set([null]));
    const sliding = read({ ...published.qwen25, use_sliding_window: true, max_window_layers: 21 });
    expect(windows(sliding).slice(20)).toEqual([null, 32768, 32768, 32768]);
    const three = read(published.qwen306b);
    expect(three).toMatchObject({ d_head: 128, n_heads: 16, d_model: 1024 });
    expect(three.layers[0]).toMatchObject({
      qkv: { q: { bias: null } },
      k_norm: { weight: 'model.layers.0.self_attn.k_norm.weight' },
    });
  });
});

describe('missing keys take the defaults of the family', () => {
  it.each([
    ['GPT2LMHeadModel', { d_model: 768, n_heads: 12, n_kv_heads: 12, d_vocab: 50257, n_ctx: 1024 }],
    ['GPTNeoXForCausalLM', { d_model: 6144, n_heads: 64, n_layers: 44, d_vocab: 50432, n_ctx: 2048 }],
    ['LlamaForCausalLM', { d_model: 4096, n_kv_heads: 32, d_mlp: 11008, n_ctx: 2048 }],
    ['MistralForCausalLM', { n_kv_heads: 8, d_mlp: 14336, n_ctx: 131_072 }],
    ['GemmaForCausalLM', { n_heads: 16, n_kv_heads: 16, d_head: 256, n_ctx: 8192 }],
    ['Gemma2ForCausalLM', { n_heads: 8, n_kv_heads: 4, d_head: 256, finalSoftcap: 30 }],
    ['Gemma3ForCausalLM', { n_heads: 8, n_kv_heads: 4, d_head: 256, finalSoftcap: null }],
    ['Qwen2ForCausalLM', { n_heads: 32, n_kv_heads: 32, d_head: 128, d_mlp: 22016 }],
    ['Qwen3ForCausalLM', { n_heads: 32, n_kv_heads: 32, d_head: 128, n_ctx: 32768 }],
  ])('%s', (architecture, facts) => {
    const spec = read({ architectures: [architecture] });
    expect(spec).toMatchObject(facts);
    const tied = /GPT2|Gemma/.test(architecture);
    expect(spec.W_U.weight === spec.W_E).toBe(tied);
  });

  it('and null key-value heads mean one for each head', () => {
    for (const config of [published.llama31, published.mistral01, published.qwen25]) {
      expect(read({ ...config, num_key_value_heads: null }).n_kv_heads).toBe(config.num_attention_heads);
    }
  });
});

describe('names of tensors', () => {
  const named = (config: unknown, ...names: string[]) => readModelSpec(config, 'config.json', new Set(names));

  it('follow the prefix that is stored', () => {
    expect(named(published.gpt2, 'wte.weight').layers[0]!.ln1.weight).toBe('h.0.ln_1.weight');
    expect(named(published.llama32, 'embed_tokens.weight').W_E).toBe('embed_tokens.weight');
    expect(named(published.gemma34b, 'model.language_model.embed_tokens.weight').ln_final.weight).toBe(
      'model.language_model.norm.weight',
    );
    expect(named(published.pythia70m, 'gpt_neox.embed_in.weight', 'lm_head.weight').W_U.weight).toBe('lm_head.weight');
  });

  it('that are nowhere are reported with all places', () => {
    expectError('missing-tensor', () => named(published.gpt2, 'x'), 'transformer.wte.weight or wte.weight');
    expectError('missing-tensor', () => named(published.llama31, 'model.embed_tokens.weight'), 'lm_head.weight');
  });
});

describe('the family', () => {
  it('comes from model_type only when no architecture is named', () => {
    const { architectures: _, ...bare } = published.gemma34b;
    expect(read(bare)).toEqual(read(published.gemma34b));
    expect(read({ ...published.qwen306b, model_type: 'llama' }).architecture).toBe('Qwen3ForCausalLM');
  });

  it.each([{ architectures: ['OPTForCausalLM'], model_type: 'gpt2' }, { model_type: 'opt' }, {}])(
    'of %j is refused',
    (config) => {
      const error = expectError('unsupported-architecture', () => read(config), ...SUPPORTED_ARCHITECTURES);
      expect(error.data.expected).toHaveLength(10);
    },
  );
});

describe('refused', () => {
  const { llama31, gpt2, gemma22b, gemma31b, qwen25, mistral01, pythia70m } = published;
  it.each([
    ['yarn rotation', { ...llama31, rope_scaling: { type: 'yarn', factor: 4 } }, ['"yarn"', 'default, linear, llama3']],
    [
      'dynamic rotation',
      { ...llama31, rope_parameters: { rope_type: 'dynamic', factor: 2 }, rope_scaling: null },
      ['"dynamic"'],
    ],
    ['partial rotation of Llama', { ...llama31, partial_rotary_factor: 0.5 }, ['whole heads']],
    ['odd heads rotated whole', { ...llama31, head_dim: 9 }, ['9 rotated dimensions']],
    ['another activation', { ...gpt2, activation_function: 'quick_gelu' }, ['"quick_gelu"', 'gelu_pytorch_tanh']],
    ['cross attention', { ...gpt2, add_cross_attention: true }, ['add_cross_attention']],
    [
      'attention in both directions',
      { ...gemma22b, use_bidirectional_attention: true },
      ['use_bidirectional_attention'],
    ],
    ['a cap that the reference ignores', { ...gemma31b, attn_logit_softcapping: 50 }, ['attn_logit_softcapping']],
    [
      'mixed layers of Mistral',
      { ...mistral01, layer_types: ['full_attention', 'sliding_attention'] },
      ['layer_types'],
    ],
  ])('%s', (_, config, texts) => {
    expectError('unsupported-architecture', () => read(config), ...texts);
  });

  it.each([
    ['heads that do not divide the width', { ...gpt2, n_head: 7 }, '768 is not a multiple of 7'],
    ['uneven groups', { ...llama31, num_key_value_heads: 5 }, '32 heads are not a multiple of 5'],
    ['a size of text', { ...llama31, hidden_size: '4096' }, 'hidden_size'],
    ['a negative size', { ...pythia70m, num_hidden_layers: -1 }, 'num_hidden_layers'],
    ['a million layers', { ...gpt2, n_layer: 1e6 }, 'n_layer'],
    ['too few layer types', { ...qwen25, layer_types: ['full_attention'] }, 'lists 1 layers of 24'],
    ['an unknown layer type', { ...gemma22b, layer_types: ['chunked_attention'] }, 'layer_types'],
    ['a sliding layer without a window', { ...gemma22b, sliding_window: null }, 'sliding_window is not given'],
    ['scaling without a factor', { ...llama31, rope_scaling: { rope_type: 'linear' } }, 'needs factor'],
    [
      'bands the wrong way round',
      { ...llama31, rope_scaling: { ...llama31.rope_scaling, low_freq_factor: 5 } },
      'high_freq_factor 4',
    ],
    ['one rotation for two kinds of layers', { ...gemma31b, rope_parameters: { rope_theta: 5 } }, 'per layer type'],
    ['no text_config', { architectures: ['Gemma3ForConditionalGeneration'] }, 'text_config'],
    ['an array', [], 'config.json'],
    ['null', null, 'config.json'],
  ])('%s', (_, config, text) => {
    expectError('corrupt-file', () => read(config), text);
  });
});
