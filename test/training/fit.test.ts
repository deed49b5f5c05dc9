/** Configs that cannot be trained are refused before anything is computed. */
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../server/src/cli/commands/train-dictionary.ts';
import { writeAtomically } from '../../server/src/files/file-writer.ts';
import type { Encoder } from '../../server/src/tinyworld/encode.ts';
import { modelSpec } from '../../server/src/tinyworld/train-model.ts';
import { checkDictionaryTraining, dictionaryTrainingSchema } from '../../server/src/training/dictionary/config.ts';
import { checkTrainable, predictTrainingMemory } from '../../server/src/training/fit.ts';
import { expectError } from '../support/expect-error.ts';
import { microSpec, scratchFolder } from '../support/micro-training.ts';

const SPEC = microSpec();
const SHAPE = { batch: 2, pos: 16, ids: 13 };
const NO_LIMIT = Number.MAX_VALUE;
const ENCODER: Encoder = { bos: 0, eos: 1, d_vocab: 300, encode: () => [] };

describe('a model', () => {
  test('that fits is let through', () => {
    expect(() => checkTrainable(SPEC, SHAPE, predictTrainingMemory(SPEC, SHAPE))).not.toThrow();
  });

  test('with fewer ids than the tokenizer', () => {
    expectError(
      'invalid-params',
      () => checkTrainable(SPEC, { ...SHAPE, ids: 14 }, NO_LIMIT),
      '14 ids',
      'd_vocab is 13',
    );
  });

  test('with rows longer than its context', () => {
    expectError('invalid-params', () => checkTrainable(SPEC, { ...SHAPE, pos: 17 }, NO_LIMIT), '17 tokens', 'n_ctx 16');
  });

  test('that takes more memory than is allowed', () => {
    const needed = predictTrainingMemory(SPEC, SHAPE);
    expectError('too-large', () => checkTrainable(SPEC, SHAPE, needed - 1), 'training step', 'Lower the batch');
  });

  test.each([
    [100, 3],
    [12, 4],
  ])('of width %i with %i heads', (d_model, n_heads) => {
    const sizes = { n_layers: 1, d_model, d_mlp: 8, n_heads, n_ctx: 8 };
    expectError('invalid-params', () => modelSpec(sizes, ENCODER), `d_model ${d_model}`, `${n_heads} heads`);
  });
});

const DICTIONARY = dictionaryTrainingSchema.parse({
  hook: 'blocks.0.hook_resid_post',
  d_sae: 16,
  k: 4,
  tokens: 100,
  batch: 8,
  buffer_tokens: 16,
  context_size: 16,
});

describe('a dictionary', () => {
  test('that fits is let through with the width of its hook', () => {
    expect(checkDictionaryTraining(DICTIONARY, SPEC, NO_LIMIT)).toBe(8);
    expect(checkDictionaryTraining({ ...DICTIONARY, hook: 'blocks.0.mlp.hook_post' }, SPEC, NO_LIMIT)).toBe(12);
    expect(checkDictionaryTraining({ ...DICTIONARY, hook: 'blocks.0.attn.hook_z' }, SPEC, NO_LIMIT)).toBe(8);
  });

  test.each([
    ['a hook that the model lacks', { hook: 'blocks.1.hook_resid_post' }, 'unknown-hook', 'blocks.0.hook_resid_post'],
    ['a hook that cannot be written', { hook: 'blocks.0.ln1.hook_normalized' }, 'invalid-params', 'can be written'],
    [
      'a hook of pairs of positions',
      { hook: 'blocks.0.attn.hook_pattern' },
      'invalid-params',
      'one vector per position',
    ],
    ['more active features than there are', { k: 17 }, 'invalid-params', 'at most d_sae, 16'],
    ['rows longer than the context', { context_size: 17 }, 'invalid-params', 'at most n_ctx, 16'],
    ['a buffer smaller than a batch', { buffer_tokens: 7 }, 'invalid-params', 'at least batch, 8'],
  ] as const)('with %s', (_, change, kind, text) => {
    expectError(kind, () => checkDictionaryTraining({ ...DICTIONARY, ...change }, SPEC, NO_LIMIT), text);
  });

  test('that takes more memory than is allowed', () => {
    expectError('too-large', () => checkDictionaryTraining(DICTIONARY, SPEC, 1000), 'this dictionary', 'Lower d_sae');
  });
});

describe('a config file', () => {
  const read = (name: string, text: string) => {
    const path = `${scratchFolder()}/${name}`;
    writeAtomically(path, text);
    return () => readConfig(path);
  };
  const complete = 'hook: blocks.0.hook_resid_post\nd_sae: 64\ntokens: 1000\nout: somewhere\ntext:\n  file: a.jsonl\n';

  test('has defaults, in YAML and JSON', () => {
    const config = read('a.yaml', complete)();
    expect(config).toMatchObject({
      architecture: 'topk',
      k: 16,
      seed: 1,
      model: 'tinyworld',
      text: { file: 'a.jsonl' },
    });
    expect(read('a.json', JSON.stringify(config))()).toEqual(config);
  });

  test.each([
    ['a field that does not exist', `${complete}learningrate: 1\n`, 'learningrate'],
    ['a number below its range', complete.replace('64', '0'), 'd_sae'],
    ['no text', complete.replace(/text:[\s\S]*/, ''), 'text'],
    ['another architecture', `${complete}architecture: gated\n`, '"topk"|"jumprelu"'],
  ])('with %s is refused', (_, text, named) => {
    expectError('invalid-params', read('a.yaml', text), named);
  });
});
