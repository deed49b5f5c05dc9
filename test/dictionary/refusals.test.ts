/** What cannot be opened or attached, and what the message says about it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { float32 } from '../../server/src/core/tensor.ts';
import { checkFits } from '../../server/src/dictionary/fits.ts';
import { DICTIONARY_FORMATS, openDictionary } from '../../server/src/dictionary/open.ts';
import { writeSafetensors } from '../../server/src/formats/safetensors.ts';
import { openCheckpoint } from '../../server/src/model/checkpoint.ts';
import { expectError } from '../support/expect-error.ts';
import { fixturePath, floats, readTensors } from '../support/fixtures.ts';
import { memoryDictionary } from './memory-dictionary.ts';

const folders: string[] = [];

/** A copy of a dictionary fixture that may be broken. */
function copy(name: string, ...path: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-dictionary-'));
  folders.push(folder);
  const target = join(folder, name, ...path);
  cpSync(fixturePath('dictionaries', name, ...path), target, { recursive: true });
  return target;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function editJson(path: string, change: (config: Record<string, unknown>) => void): void {
  const config = JSON.parse(readFileSync(path, 'utf8'));
  change(config);
  writeFileSync(path, JSON.stringify(config));
}

/** Rewrites a weight file without, or with other, tensors. */
function editTensors(path: string, change: (tensors: Map<string, ReturnType<typeof float32>>) => void): void {
  const tensors = new Map(
    [...readTensors(path)].map(([name, stored]) => [name, float32(stored.shape, floats(stored))]),
  );
  change(tensors);
  writeFileSync(path, writeSafetensors(tensors));
}

test('a folder without a dictionary lists what was found and every known format', () => {
  const folder = copy('saelens-standard');
  rmSync(join(folder, 'cfg.json'));
  const formats = DICTIONARY_FORMATS.map(({ format }) => format);
  expectError('unsupported-format', () => openDictionary(folder), 'sae_weights.safetensors', ...formats);
});

test('a folder that could be two formats is not guessed at', () => {
  const folder = copy('saelens-standard');
  cpSync(
    fixturePath('dictionaries', 'gemma-scope-tiny-pt-res', 'layer_1/width_64/average_l0_9/params.npz'),
    join(folder, 'params.npz'),
  );
  expectError('unsupported-format', () => openDictionary(folder), 'saelens or gemma-scope');
});

test('a file of a folder opens its folder, a layer’s file that layer alone', () => {
  const opened = openDictionary(fixturePath('dictionaries', 'saelens-standard', 'cfg.json'));
  expect(opened.map(({ format }) => format)).toEqual(['saelens']);
  const layers = openDictionary(fixturePath('dictionaries', 'circuit-tracer-relu', 'layer_1.safetensors'));
  expect(layers.map(({ hook_in }) => hook_in)).toEqual(['blocks.1.ln2.hook_normalized']);
});

test('sizes in the config that the tensors do not have are named', () => {
  const folder = copy('saelens-standard');
  editJson(join(folder, 'cfg.json'), (config) => {
    config.d_sae = 65;
  });
  expectError('shape-mismatch', () => openDictionary(folder), 'W_dec', '[64,24]', '[65,24]');
});

test('a missing tensor is named with those that are there', () => {
  const folder = copy('saelens-jumprelu');
  editTensors(join(folder, 'sae_weights.safetensors'), (tensors) => tensors.delete('threshold'));
  expectError('missing-tensor', () => openDictionary(folder), 'threshold', 'W_enc');
});

test('log_threshold is the logarithm of the threshold', () => {
  const folder = copy('saelens-jumprelu');
  const before = openDictionary(folder)[0]!;
  editTensors(join(folder, 'sae_weights.safetensors'), (tensors) => {
    const threshold = tensors.get('threshold')!;
    tensors.delete('threshold');
    tensors.set('log_threshold', float32(threshold.shape, threshold.data.map(Math.log)));
  });
  const { activation, digest } = openDictionary(folder)[0]!;
  if (activation.kind !== 'jumprelu' || activation.threshold.kind !== 'memory')
    throw new Error('not a threshold in memory');
  const stored = floats(
    readTensors(fixturePath('dictionaries', 'saelens-jumprelu', 'sae_weights.safetensors')).get('threshold')!,
  );
  activation.threshold.data.forEach((value, i) => {
    expect(Number(value)).toBeCloseTo(stored[i]!, 5);
  });
  expect(digest).not.toBe(before.digest);
});

test('unfolded expected-average norms are refused with the remedy', () => {
  const folder = copy('saelens-standard');
  editJson(join(folder, 'cfg.json'), (config) => {
    config.normalize_activations = 'expected_average_only_in';
  });
  expectError('unsupported-format', () => openDictionary(folder), 'fold_activation_norm_scaling_factor');
});

test('a scaling factor that does something is refused', () => {
  const folder = copy('saelens-standard-v2');
  editTensors(join(folder, 'sae_weights.safetensors'), (tensors) => tensors.get('scaling_factor')!.data.fill(1.5));
  expectError('unsupported-format', () => openDictionary(folder), 'scaling_factor');
});

test('a BatchTopK threshold that was never set is refused', () => {
  const folder = fixturePath('dictionaries', 'dictionary-learning-batch-topk-unset');
  expectError('unsupported-format', () => openDictionary(folder), 'threshold -1');
});

test('an unknown class and a cross-layer transcoder are refused by name', () => {
  const folder = copy('dictionary-learning-topk');
  editJson(join(folder, 'config.json'), (config) => {
    (config.trainer as Record<string, unknown>).dict_class = 'constructor';
  });
  expectError('unsupported-format', () => openDictionary(folder), 'dict_class constructor', 'AutoEncoderTopK');
  const crossLayer = fixturePath('dictionaries', 'circuit-tracer-clt');
  expectError('unsupported-format', () => openDictionary(crossLayer), 'cross-layer');
});

test('a layer that a set lacks is named', () => {
  const folder = fixturePath('dictionaries', 'circuit-tracer-relu');
  expectError('file-not-found', () => openDictionary(folder, null, { layer: 9 }), 'layer_9', '0, 1');
  expect(openDictionary(folder, null, { layer: 1 })).toHaveLength(1);
});

test('signed top-k is refused', () => {
  const folder = copy('sparsify-topk', 'layers.1');
  editJson(join(folder, 'cfg.json'), (config) => {
    config.signed = true;
  });
  expectError('unsupported-format', () => openDictionary(folder), 'signed');
});

test('a Gemma Scope file outside its folders needs a hook', () => {
  const inside = copy('gemma-scope-tiny-pt-res');
  const folder = mkdtempSync(join(tmpdir(), 'sonde-dictionary-'));
  folders.push(folder);
  cpSync(join(inside, 'layer_1/width_64/average_l0_9/params.npz'), join(folder, 'params.npz'));
  expectError('unsupported-format', () => openDictionary(folder), 'layer_N');
  expect(openDictionary(folder, null, { hook_in: 'blocks.1.hook_out' })[0]!.hook_in).toBe('blocks.1.hook_resid_post');
});

test('centring is taken from metadata, guessed from age with the other reading offered, and overridden on request', () => {
  const open = (name: string, center?: boolean) =>
    openDictionary(fixturePath('dictionaries', name), null, center === undefined ? {} : { center })[0]!;
  expect(open('saelens-standard').center_input).toBe(false);
  const told = open('saelens-standard-v5');
  expect([told.center_input, told.alternatives.length]).toEqual([true, 0]);
  expect(told.notes.join()).toContain('center_writing_weights');
  const guessed = open('saelens-standard-v2');
  expect(guessed.center_input).toBe(true);
  expect(guessed.alternatives.map(({ center_input }) => center_input)).toEqual([false]);
  expect(open('saelens-standard-v2', false).center_input).toBe(false);
});

test('a dictionary of another width is refused with the hooks that fit', () => {
  const { spec } = openCheckpoint(fixturePath('models', 'gpt2'));
  const llama = fixturePath('dictionaries', 'sparsify-topk', 'layers.1');
  expectError('dictionary-mismatch', () => openDictionary(llama, spec), '32 wide', 'hook_resid_post is 24 wide');
  const standard = fixturePath('dictionaries', 'saelens-standard');
  const atMlp = { hook_in: 'blocks.1.mlp.hook_post' };
  expectError('dictionary-mismatch', () => openDictionary(standard, spec, atMlp), 'blocks.1.hook_resid_pre');
});

test('a hook that the model lacks is refused with the nearest ones', () => {
  const { spec } = openCheckpoint(fixturePath('models', 'gpt2'));
  const standard = fixturePath('dictionaries', 'saelens-standard');
  expectError(
    'unknown-hook',
    () => openDictionary(standard, spec, { hook_in: 'blocks.1.hook_resid_prae' }),
    'blocks.1.hook_resid_pre',
  );
  expectError('unknown-hook', () => openDictionary(standard, spec, { hook_in: 'blocks.77.hook_resid_pre' }));
});

test('one head of hook_z has its own width and must exist', () => {
  const { spec } = openCheckpoint(fixturePath('models', 'gpt2'));
  const head = { hook_in: 'blocks.0.attn.hook_z', hook_out: 'blocks.0.attn.hook_z', d_sae: 8 } as const;
  checkFits(memoryDictionary({ ...head, d_in: spec.d_head, head_index: 1 }), spec);
  checkFits(memoryDictionary({ ...head, d_in: spec.d_head * spec.n_heads }), spec);
  expectError(
    'dictionary-mismatch',
    () => checkFits(memoryDictionary({ ...head, d_in: spec.d_head, head_index: 99 }), spec),
    'head 99',
  );
  expectError('dictionary-mismatch', () => checkFits(memoryDictionary({ ...head, d_in: spec.d_head }), spec));
});
