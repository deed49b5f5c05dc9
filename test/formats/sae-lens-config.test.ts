import { expect, test } from 'vitest';
import { parseSaeLensConfig } from '../../server/src/formats/sae-lens-config.ts';
import { expectError } from '../support/expect-error.ts';

const parse = (config: object) => parseSaeLensConfig(JSON.stringify(config), 'cfg.json');

const V1 = {
  hook_point: 'blocks.8.hook_resid_pre',
  hook_point_layer: 8,
  hook_point_head_index: null,
  d_in: 768,
  d_sae: 24_576,
  dtype: 'torch.float32',
  context_size: 128,
  model_name: 'gpt2-small',
};
const V3 = {
  hook_name: 'blocks.5.attn.hook_z',
  hook_layer: 5,
  d_in: 768,
  d_sae: 24_576,
  architecture: 'standard',
  activation_fn_str: 'relu',
  apply_b_dec_to_input: false,
  normalize_activations: 'layer_norm',
  dtype: 'float32',
  prepend_bos: false,
  sae_lens_training_version: null,
};
const V6 = {
  architecture: 'topk',
  d_in: 64,
  d_sae: 512,
  k: 16,
  rescale_acts_by_decoder_norm: true,
  dtype: 'bfloat16',
  device: 'cpu',
  apply_b_dec_to_input: true,
  normalize_activations: 'none',
  reshape_activations: 'none',
  metadata: {
    sae_lens_version: '6.54.12',
    hook_name: 'blocks.1.hook_resid_post',
    hook_head_index: null,
    model_name: 'tiny',
    prepend_bos: true,
    context_size: 256,
    dataset_path: 'd',
    neuronpedia_id: 'tiny/1-res',
    model_from_pretrained_kwargs: { center_writing_weights: true },
  },
};

test('a v1 config is normalised', () => {
  expect(parse(V1)).toEqual({
    version: null,
    generation: 'v1-v2',
    architecture: 'standard',
    d_in: 768,
    d_sae: 24_576,
    d_out: 768,
    hook_name: 'blocks.8.hook_resid_pre',
    hook_name_out: null,
    hook_head_index: null,
    apply_b_dec_to_input: true,
    normalize_activations: 'none',
    activation: { fn: 'relu', k: null },
    rescale_acts_by_decoder_norm: false,
    reshape_hook_z: false,
    finetuning_scaling_factor: false,
    dtype: 'float32',
    prepend_bos: true,
    context_size: 128,
    model_name: 'gpt2-small',
    dataset_path: null,
    neuronpedia_id: null,
    model_from_pretrained_kwargs: {},
    l0: null,
  });
});

test('a v3 config keeps its names, and hook_z implies flattened heads', () => {
  expect(parse(V3)).toMatchObject({
    generation: 'v3-v5',
    hook_name: 'blocks.5.attn.hook_z',
    reshape_hook_z: true,
    apply_b_dec_to_input: false,
    normalize_activations: 'layer_norm',
    prepend_bos: false,
  });
});

test('a v6 config is read from its metadata', () => {
  expect(parse(V6)).toMatchObject({
    version: '6.54.12',
    generation: 'v6',
    architecture: 'topk',
    activation: { fn: 'topk', k: 16 },
    rescale_acts_by_decoder_norm: true,
    hook_name: 'blocks.1.hook_resid_post',
    dtype: 'bfloat16',
    context_size: 256,
    neuronpedia_id: 'tiny/1-res',
    model_from_pretrained_kwargs: { center_writing_weights: true },
  });
  expect(parse({ ...V6, metadata: { sae_lens_version: '6.0.0-rc.1' } })).toMatchObject({
    hook_name: null,
    prepend_bos: null,
  });
  expect(parse({ ...V6, reshape_activations: 'hook_z' }).reshape_hook_z).toBe(true);
});

test('the version decides the generation, wherever it stands', () => {
  expect(parse({ ...V3, sae_lens_version: '5.10.1' }).generation).toBe('v3-v5');
  expect(parse({ ...V6, metadata: { hook_name: 'x' }, sae_lens_version: '6.1.0' }).generation).toBe('v6');
});

test('old top-k configs are top-k although they say standard', () => {
  const config = parse({ ...V3, activation_fn_str: 'topk', activation_fn_kwargs: { k: 32 } });
  expect(config).toMatchObject({ architecture: 'topk', activation: { fn: 'topk', k: 32 } });
});

test('boolean and null normalisation of old configs is translated', () => {
  const of = (normalize_activations: unknown) => parse({ ...V3, normalize_activations }).normalize_activations;
  expect([of(true), of(false), of(null), of('none')]).toEqual(['expected_average_only_in', 'none', 'none', 'none']);
});

test('the layer is filled into an old hook template', () => {
  expect(parse({ ...V1, hook_point: 'blocks.{layer}.hook_resid_pre' }).hook_name).toBe('blocks.8.hook_resid_pre');
});

test('a batch top-k k may be fractional, a top-k k may not', () => {
  expect(parse({ ...V6, architecture: 'batchtopk', k: 12.5 }).activation).toEqual({ fn: 'batchtopk', k: 12.5 });
  expectError('corrupt-file', () => parse({ ...V6, k: 12.5 }), '"k"', '12.5');
});

test('a transcoder does not subtract b_dec, and must not ask for it', () => {
  const { apply_b_dec_to_input, ...rest } = { ...V6, architecture: 'jumprelu_skip_transcoder', d_out: 32 };
  expect(parse(rest)).toMatchObject({ d_out: 32, apply_b_dec_to_input: false, activation: { fn: 'relu', k: null } });
  expectError('corrupt-file', () => parse({ ...rest, apply_b_dec_to_input }), 'apply_b_dec_to_input');
});

test('what is not known is refused with what is', () => {
  expectError(
    'unsupported-format',
    () => parse({ ...V6, architecture: 'temporal' }),
    'temporal',
    'standard | gated',
    'jumprelu_skip_transcoder',
  );
  expectError('unsupported-format', () => parse({ ...V3, activation_fn_str: 'tanh-relu' }), 'tanh-relu', 'relu | topk');
  expectError(
    'unsupported-format',
    () => parse({ ...V6, normalize_activations: 'covariance_whitening' }),
    'covariance_whitening',
  );
  expectError('unsupported-dtype', () => parse({ ...V6, dtype: 'float8' }), 'float8', 'bfloat16');
});

test('wrong fields are named', () => {
  expectError('corrupt-file', () => parse({ ...V1, d_in: '768' }), '"d_in"', 'found "768"', 'expected number');
  expectError('corrupt-file', () => parse({ ...V1, d_sae: -1 }), '"d_sae"', '-1');
  expectError(
    'corrupt-file',
    () => parse({ ...V6, metadata: { ...V6.metadata, context_size: 1.5 } }),
    'metadata.context_size',
  );
  expectError('corrupt-file', () => parse({ ...V6, k: null }), '"k"', 'nothing');
  expectError('corrupt-file', () => parse([]), 'the whole file');
});
