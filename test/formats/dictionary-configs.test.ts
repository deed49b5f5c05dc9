import { expect, test } from 'vitest';
import { parseCircuitTracerConfig } from '../../server/src/formats/circuit-tracer-config.ts';
import { parseDictionaryLearningConfig } from '../../server/src/formats/dictionary-learning-config.ts';
import { parseGemmaScopeConfig } from '../../server/src/formats/gemma-scope-config.ts';
import { parseLlamaScopeConfig } from '../../server/src/formats/llama-scope-config.ts';
import { parseSparsifyConfig, parseSparsifyRunConfig } from '../../server/src/formats/sparsify-config.ts';
import { expectError } from '../support/expect-error.ts';

const json = JSON.stringify;

test('a Gemma Scope 2 config is read', () => {
  const config = {
    hf_hook_point_in: 'model.layers.10.output',
    width: 16_384,
    model_name: 'gemma-v3-1b-pt',
    architecture: 'jump_relu',
    l0: 20,
    type: 'sae',
  };
  expect(parseGemmaScopeConfig(json(config), 'p')).toEqual({
    ...config,
    hf_hook_point_out: null,
    affine_connection: false,
  });
  expectError(
    'corrupt-file',
    () => parseGemmaScopeConfig(json({ ...config, architecture: 'topk' }), 'p'),
    '"architecture"',
    'jump_relu',
  );
});

const HYPERPARAMS = {
  hook_point_in: 'blocks.15.hook_resid_post',
  hook_point_out: 'blocks.15.hook_resid_post',
  d_model: 4096,
  d_sae: 32_768,
  expansion_factor: 8,
  act_fn: 'jumprelu',
  jump_relu_threshold: 0.35,
  top_k: 50,
  norm_activation: 'dataset-wise',
  dataset_average_activation_norm: { in: 10.8, out: 10.9 },
  use_decoder_bias: true,
  apply_decoder_bias_to_pre_encoder: false,
  use_glu_encoder: false,
};

test('Llama Scope hyperparams are read', () => {
  const config = parseLlamaScopeConfig(json(HYPERPARAMS), 'p');
  const { expansion_factor: _, ...kept } = HYPERPARAMS;
  expect(config).toEqual({ ...kept, sae_type: 'sae', sparsity_include_decoder_norm: null });
});

test('later configs derive the width and keep their own conventions', () => {
  const config = {
    sae_type: 'sae',
    hook_point_in: 'a',
    d_model: 8,
    expansion_factor: 4,
    act_fn: 'batchtopk',
    norm_activation: 'inference',
    sparsity_include_decoder_norm: true,
  };
  expect(parseLlamaScopeConfig(json(config), 'p')).toMatchObject({
    d_sae: 32,
    hook_point_out: 'a',
    jump_relu_threshold: null,
    dataset_average_activation_norm: null,
    sparsity_include_decoder_norm: true,
  });
  expectError(
    'corrupt-file',
    () => parseLlamaScopeConfig(json({ ...config, expansion_factor: null }), 'p'),
    'expansion_factor',
  );
  expectError(
    'corrupt-file',
    () => parseLlamaScopeConfig(json({ ...config, expansion_factor: 0.3 }), 'p'),
    'whole number',
  );
  expectError(
    'corrupt-file',
    () => parseLlamaScopeConfig(json({ ...config, norm_activation: 'x' }), 'p'),
    'token-wise',
  );
  const norm = { ...HYPERPARAMS, dataset_average_activation_norm: { in: 0, out: 1 } };
  expectError('corrupt-file', () => parseLlamaScopeConfig(json(norm), 'p'), 'dataset_average_activation_norm.in');
});

test('sparsify configs are read, with and without their own width', () => {
  const config = { d_in: 64, k: 8, expansion_factor: 32, num_latents: 0 };
  expect(parseSparsifyConfig(json(config), 'p')).toEqual({
    d_in: 64,
    d_sae: 2048,
    activation: 'topk',
    k: 8,
    normalize_decoder: true,
    signed: false,
    skip_connection: false,
    transcode: false,
  });
  expect(parseSparsifyConfig(json({ ...config, num_latents: 100, activation: 'groupmax' }), 'p')).toMatchObject({
    d_sae: 100,
    activation: 'groupmax',
  });
  expect(parseSparsifyRunConfig(json({ model: 'm', ctx_len: 2048, lr: 1 }), 'p')).toEqual({
    model: 'm',
    dataset: null,
    ctx_len: 2048,
  });
  expectError('corrupt-file', () => parseSparsifyConfig(json({ d_in: 64, k: 8 }), 'p'), 'num_latents');
});

test('a dictionary_learning config is read', () => {
  const trainer = {
    dict_class: 'MatryoshkaBatchTopKSAE',
    trainer_class: 'T',
    activation_dim: 64,
    dict_size: 512,
    k: 20,
    layer: 3,
    lm_name: 'm',
    submodule_name: 'resid_post_layer_3',
    group_sizes: [256, 256],
    device: 'cuda',
  };
  const { device: _, ...kept } = trainer;
  expect(parseDictionaryLearningConfig(json({ trainer, buffer: { ctx_len: 128, d_submodule: 64 } }), 'p')).toEqual({
    ...kept,
    ctx_len: 128,
  });
  expect(parseDictionaryLearningConfig(json({ trainer }), 'p').ctx_len).toBeNull();
  expectError(
    'corrupt-file',
    () => parseDictionaryLearningConfig(json({ trainer: {} }), 'p'),
    'trainer.dict_class',
    'string',
  );
});

const YAML = `
model_name: google/gemma-2-2b
model_kind: transcoder_set
feature_input_hook: ln2.hook_normalized
feature_output_hook: hook_mlp_out
scan: gemma
transcoders:
  - hf://org/repo/layer_0?revision=abc
  - hf://org/repo/layer_1
`;

test('a circuit-tracer config is read', () => {
  expect(parseCircuitTracerConfig(YAML, 'p')).toEqual({
    model_name: 'google/gemma-2-2b',
    model_kind: 'transcoder_set',
    feature_input_hook: 'ln2.hook_normalized',
    feature_output_hook: 'hook_mlp_out',
    scan: ['gemma'],
    activation: null,
    k: null,
    transcoders: ['hf://org/repo/layer_0?revision=abc', 'hf://org/repo/layer_1'],
  });
});

test('broken, wrong, deep, aliased and long YAML is refused', () => {
  expectError('corrupt-file', () => parseCircuitTracerConfig('a: [', 'p'), 'not valid YAML');
  expectError('corrupt-file', () => parseCircuitTracerConfig('a: 1', 'p'), 'model_name');
  expectError('corrupt-file', () => parseCircuitTracerConfig(YAML.replace('scan: gemma', 'scan: 1'), 'p'), '"scan"');
  const indented = Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n');
  for (const deep of [
    '['.repeat(50_000),
    '[\n'.repeat(30_000),
    '- '.repeat(30_000),
    '? '.repeat(30_000),
    '\n'.repeat(60_000) + '[['.repeat(99),
    indented,
  ]) {
    expectError('corrupt-file', () => parseCircuitTracerConfig(deep, 'p'), 'nest deeply');
  }
  const laughs = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i} , `.repeat(9)}]`);
  expectError('corrupt-file', () => parseCircuitTracerConfig(`a0: &a0 x\n${laughs.join('\n')}`, 'p'), 'not valid YAML');
  expectError('too-large', () => parseCircuitTracerConfig(`# ${'x'.repeat(2 ** 16)}`, 'p'), '65536');
});
