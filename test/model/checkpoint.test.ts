import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DType } from '../../server/src/core/dtype.ts';
import { allocate } from '../../server/src/core/dtype.ts';
import { sizeOf, type Tensor } from '../../server/src/core/tensor.ts';
import { writeSafetensors } from '../../server/src/formats/safetensors.ts';
import { readModelSpec } from '../../server/src/model/architectures/registry.ts';
import { openCheckpoint } from '../../server/src/model/checkpoint.ts';
import { checkMemory, predictMemory } from '../../server/src/model/memory.ts';
import { requiredTensors } from '../../server/src/model/shapes.ts';
import { openTokenizer } from '../../server/src/model/tokenizer/tokenizer.ts';
import { expectError } from '../support/expect-error.ts';
import { fixturePath, modelFixtures } from '../support/fixtures.ts';
import { type FolderFiles, withFolder } from './tokenizer-folders.ts';

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  hidden_size: 8,
  intermediate_size: 12,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  num_hidden_layers: 2,
  vocab_size: 20,
};

type Tensors = Map<string, Tensor>;

/** Zeroed tensors of the config, each beginning with a number of its own. */
function tensorsOf(config: object, dtype: DType = 'float32'): Tensors {
  const required = [...requiredTensors(readModelSpec(config, 'config.json'))];
  return new Map(required.map(([name, { shape }], i) => [name, filled(dtype, shape, i + 1)]));
}

function filled(dtype: DType, shape: readonly number[], value: number): Tensor {
  const data = allocate(dtype, sizeOf(shape));
  data.fill(value as never);
  return { dtype, shape, data } as Tensor;
}

const files = (config: object, tensors: Tensors): FolderFiles => ({
  'config.json': config,
  'model.safetensors': writeSafetensors(tensors),
});

/** Two shards: the first `count` tensors and the rest. */
function sharded(tensors: Tensors, count: number): FolderFiles {
  const names = [...tensors.keys()];
  const shard = (of: readonly string[]) => writeSafetensors(of.map((name) => [name, tensors.get(name)!] as const));
  const weight_map = Object.fromEntries(names.map((name, i) => [name, i < count ? 'a.safetensors' : 'b.safetensors']));
  return {
    'config.json': CONFIG,
    'a.safetensors': shard(names.slice(0, count)),
    'b.safetensors': shard(names.slice(count)),
    'model.safetensors.index.json': { metadata: {}, weight_map },
  };
}

const DOWN = 'model.layers.1.mlp.down_proj.weight';

describe('fixtures', () => {
  it.each(modelFixtures())('%s opens, every weight in place', (name) => {
    const checkpoint = openCheckpoint(fixturePath('models', name));
    const required = [...requiredTensors(checkpoint.spec).keys()];
    expect(required.every((tensor) => existsSync(checkpoint.tensors.get(tensor)!.path))).toBe(true);
    expect(checkpoint.bytes.used).toBeLessThanOrEqual(checkpoint.bytes.files);
    expect(checkpoint.spec.layers).toHaveLength(checkpoint.spec.n_layers);
  });

  it('have digests of their own', () => {
    const digests = modelFixtures().map((name) => openCheckpoint(fixturePath('models', name)).digest);
    expect(new Set(digests).size).toBe(digests.length);
    expect(digests.every((digest) => /^[0-9a-f]{64}$/.test(digest))).toBe(true);
  });

  const tokenized = modelFixtures().filter((name) => existsSync(fixturePath('models', name, 'tokenizer_cases.json')));
  it.each(tokenized)('%s encodes as transformers does', async (name) => {
    const folder = fixturePath('models', name);
    const cases = JSON.parse(readFileSync(join(folder, 'tokenizer_cases.json'), 'utf8'));
    const tokenizer = await openTokenizer(folder);
    expect(openCheckpoint(folder).spec.addsBos).toBe(tokenizer.addsBos);
    expect(cases.length).toBeGreaterThan(0);
    for (const { text, ids, ids_without_specials } of cases) {
      expect((await tokenizer.encode(text, { bos: tokenizer.addsBos })).ids, text).toEqual(ids);
      expect((await tokenizer.encode(text, { bos: false })).ids, text).toEqual(ids_without_specials);
    }
  });
});

describe('a folder', () => {
  it('is read from one file or from shards alike', async () => {
    const tensors = tensorsOf(CONFIG);
    const shapes = (folder: string) => {
      const { spec, tensors: stored, bytes } = openCheckpoint(folder);
      return { spec, used: bytes.used, names: [...stored.keys()].sort() };
    };
    const single = await withFolder(files(CONFIG, tensors), shapes);
    expect(await withFolder(sharded(tensors, 7), shapes)).toEqual(single);
    expect(single.used).toBe([...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0));
  });

  it('may hold more than the model needs', async () => {
    const tensors = tensorsOf(CONFIG).set('model.layers.0.self_attn.masked_bias', filled('uint8', [1, 1, 4, 4], 1));
    const folder = { ...files(CONFIG, tensors), 'tokenizer.json': {}, 'tokenizer_config.json': {} };
    const checkpoint = await withFolder(folder, openCheckpoint);
    expect(checkpoint.tokenizerFiles).toEqual(['tokenizer.json', 'tokenizer_config.json']);
  });

  it('has another digest when weights or config change, and the same elsewhere', async () => {
    const digest = (config: object, tensors: Tensors) =>
      withFolder(files(config, tensors), (f) => openCheckpoint(f).digest);
    const first = await digest(CONFIG, tensorsOf(CONFIG));
    expect(await digest(CONFIG, tensorsOf(CONFIG))).toBe(first);
    expect(await digest({ ...CONFIG, rms_norm_eps: 1e-5 }, tensorsOf(CONFIG))).not.toBe(first);
    expect(await digest(CONFIG, tensorsOf(CONFIG).set(DOWN, filled('float32', [8, 12], 99)))).not.toBe(first);
  });

  const without = (name: string) => {
    const tensors = tensorsOf(CONFIG);
    tensors.delete(name);
    return tensors;
  };
  const withTensor = (name: string, tensor: Tensor) => files(CONFIG, tensorsOf(CONFIG).set(name, tensor));
  const { 'b.safetensors': _, ...absentShard } = sharded(tensorsOf(CONFIG), 7);
  const misplaced = {
    ...sharded(tensorsOf(CONFIG), 7),
    'model.safetensors.index.json': { weight_map: { [DOWN]: 'a.safetensors' } },
  };
  const tied = { ...CONFIG, tie_word_embeddings: true };

  it.each([
    ['that is not there', null, 'file-not-found', ['config.json']],
    ['without weights', { 'config.json': CONFIG }, 'file-not-found', ['model.safetensors.index.json']],
    [
      'of pickles',
      { 'config.json': CONFIG, 'pytorch_model.bin': 'x' },
      'unsupported-format',
      ['pytorch_model.bin', 'save_pretrained'],
    ],
    ['without a shard', absentShard, 'file-not-found', ['b.safetensors', 'model.safetensors.index.json']],
    ['with a tensor in another shard', misplaced, 'missing-tensor', [DOWN, 'a.safetensors']],
    [
      'with a tensor twice',
      { ...sharded(tensorsOf(CONFIG), 7), 'a.safetensors': writeSafetensors(tensorsOf(CONFIG)) },
      'corrupt-file',
      ['stored twice'],
    ],
    [
      'without a tensor',
      files(CONFIG, without(DOWN)),
      'missing-tensor',
      [DOWN, '[8,12]', 'model.layers.0.mlp.down_proj.weight'],
    ],
    [
      'with a transposed tensor',
      withTensor(DOWN, filled('float32', [12, 8], 1)),
      'shape-mismatch',
      [DOWN, '[12,8]', '[8,12]'],
    ],
    ['with a flat tensor', withTensor(DOWN, filled('float32', [96], 1)), 'shape-mismatch', ['[96]']],
    ['with integers', withTensor(DOWN, filled('int8', [8, 12], 1)), 'unsupported-dtype', [DOWN, 'int8', 'bfloat16']],
    [
      'with another width',
      files({ ...CONFIG, intermediate_size: 13 }, tensorsOf(CONFIG)),
      'shape-mismatch',
      ['[12,8]', '[13,8]'],
    ],
    ['with two unembeddings', files(tied, tensorsOf(CONFIG)), 'corrupt-file', ['tie_word_embeddings']],
    [
      'with a broken config',
      { ...files(CONFIG, tensorsOf(CONFIG)), 'config.json': '{"a":' },
      'corrupt-file',
      ['line 1'],
    ],
    [
      'of another architecture',
      { ...files(CONFIG, tensorsOf(CONFIG)), 'config.json': { architectures: ['X'] } },
      'unsupported-architecture',
      ['LlamaForCausalLM'],
    ],
  ] as const)('%s is refused', async (_, content, kind, texts) => {
    const refused = (folder: string) => expectError(kind, () => openCheckpoint(folder), ...texts);
    if (content === null) refused('/no/such/folder');
    else await withFolder(content, refused);
  });

  it('with the tied unembedding stored a second time is fine', async () => {
    const tensors = tensorsOf(tied);
    tensors.set('lm_head.weight', tensors.get('model.embed_tokens.weight')!);
    expect((await withFolder(files(tied, tensors), openCheckpoint)).spec.W_U.weight).toBe('model.embed_tokens.weight');
  });
});

describe('predicted memory', () => {
  const predict = async (config: object, dtype: DType, plan: Partial<Parameters<typeof predictMemory>[1]>) =>
    withFolder(files(config, tensorsOf(config, dtype)), (folder) =>
      predictMemory(openCheckpoint(folder), { predictions: true, device: 'cpu', weights: 'packed', ...plan }),
    );
  const TABLE = 4 * 20 * 8;
  const MATRICES = 4 * 2 * (8 * 8 + 2 * 4 * 8 + 8 * 8 + 3 * 8 * 12);
  const VECTORS = 4 * 5 * 8;
  const tied = { ...CONFIG, tie_word_embeddings: true };

  it.each([
    ['float32 is mapped and packed', CONFIG, 'float32', {}, [2 * TABLE + MATRICES + VECTORS, 0, TABLE + MATRICES]],
    [
      'no predictions, no unembedding',
      CONFIG,
      'float32',
      { predictions: false },
      [TABLE + MATRICES + VECTORS, 0, MATRICES],
    ],
    ['mapped weights are not copied', CONFIG, 'float32', { weights: 'mapped' }, [2 * TABLE + MATRICES + VECTORS, 0, 0]],
    ['half matrices are freed once packed', CONFIG, 'bfloat16', {}, [0, TABLE + VECTORS, TABLE + MATRICES]],
    ['half doubles without packing', CONFIG, 'float16', { weights: 'mapped' }, [0, 2 * TABLE + MATRICES + VECTORS, 0]],
    ['a tied half table is held twice', tied, 'bfloat16', {}, [0, TABLE + VECTORS, TABLE + MATRICES]],
    [
      'a tied table is looked up alone',
      tied,
      'float32',
      { predictions: false },
      [TABLE + MATRICES + VECTORS, 0, MATRICES],
    ],
    ['a device holds everything', CONFIG, 'float32', { device: 'webgpu' }, [0, 2 * TABLE + MATRICES + VECTORS, 0]],
  ] as const)('%s', async (_, config, dtype, plan, [mapped, converted, packed]) => {
    expect(await predict(config, dtype, plan)).toEqual({
      mapped,
      converted,
      packed,
      total: mapped + converted + packed,
    });
  });

  it('is held against a limit', async () => {
    const prediction = await predict(CONFIG, 'float32', {});
    checkMemory(prediction, prediction.total);
    const error = expectError('too-large', () => checkMemory(prediction, prediction.total - 1), 'limit', 'Raise');
    expect(error.data).toMatchObject({ found: prediction, expected: prediction.total - 1 });
  });
});
