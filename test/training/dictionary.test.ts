/** Dictionaries trained on a model: resumption, the files written, and the figures measured. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SondeError } from '../../server/src/core/errors.ts';
import { createRandom } from '../../server/src/core/random.ts';
import { float32 } from '../../server/src/core/tensor.ts';
import type { Dictionary } from '../../server/src/dictionary/dictionary.ts';
import { dictionaryProgram } from '../../server/src/dictionary/dictionary-graph.ts';
import { openDictionary } from '../../server/src/dictionary/open.ts';
import { modelHandle } from '../../server/src/methods/model-handle.ts';
import { openCheckpoint } from '../../server/src/model/checkpoint.ts';
import { CHECKPOINT_FILE } from '../../server/src/training/checkpoint.ts';
import { openActivations, STREAM_START, type TokenSource } from '../../server/src/training/dictionary/activations.ts';
import { type DictionaryTraining, dictionaryTrainingSchema } from '../../server/src/training/dictionary/config.ts';
import { evaluateDictionary } from '../../server/src/training/dictionary/evaluate.ts';
import { type DictionaryRun, trainDictionary } from '../../server/src/training/dictionary/train.ts';
import { fixturePath, floats, readTensors } from '../support/fixtures.ts';
import { scratchFolder } from '../support/micro-training.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
const model = modelHandle(openCheckpoint(fixturePath('models', 'llama3-rope')));
const { d_vocab, d_model } = model.spec;

/** Rows of random ids of unequal length, id 0 before them. */
const source: TokenSource = {
  row(index) {
    const random = createRandom(4, index);
    const length = 3 + Math.floor(random.next() * 10);
    return [0, ...Array.from({ length }, () => 1 + Math.floor(random.next() * (d_vocab - 1)))];
  },
  special: new Set([0]),
};

function config(architecture: 'topk' | 'jumprelu'): DictionaryTraining {
  return dictionaryTrainingSchema.parse({
    hook: 'blocks.1.hook_resid_post',
    architecture,
    d_sae: 48,
    k: 4,
    tokens: 20 * 64,
    batch: 64,
    buffer_tokens: 300,
    passes: 2,
    context_size: 16,
    revive_every: 5,
    checkpoint_every: 7,
    learning_rate: 0.01,
    threshold: 0.4,
  });
}

function run(folder: string, architecture: 'topk' | 'jumprelu', more: Partial<DictionaryRun> = {}): DictionaryRun {
  return {
    config: config(architecture),
    source,
    origin: { model_name: 'fixture', dataset_path: 'random ids' },
    out: join(folder, 'out'),
    work: join(folder, 'work'),
    memoryLimit: 2 ** 30,
    ...more,
  };
}

describe.each(['topk', 'jumprelu'] as const)('a %s dictionary', (architecture) => {
  test('goes on after an interruption to the same files, bit for bit', async () => {
    const [whole, parts] = [scratchFolder(), scratchFolder()];
    await trainDictionary(runner(), model, run(whole, architecture));
    const controller = new AbortController();
    const stopped = run(parts, architecture, { onStep: ({ step }) => step === 9 && controller.abort() });
    const error = await trainDictionary(runner(), model, stopped, controller.signal).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SondeError);
    expect(error).toMatchObject({ kind: 'cancelled', data: { step: 9 } });
    await trainDictionary(runner(), model, run(parts, architecture));
    for (const file of [`work/${CHECKPOINT_FILE}`, 'work/log.jsonl', 'out/cfg.json', 'out/sae_weights.safetensors']) {
      expect(readFileSync(join(parts, file)).equals(readFileSync(join(whole, file))), file).toBe(true);
    }
  });

  test('is written with unit rows and its scale folded: it reconstructs the hook’s own values', async () => {
    const folder = scratchFolder();
    await trainDictionary(runner(), model, run(folder, architecture));
    const dictionary = openDictionary(join(folder, 'out'), model.spec)[0]!;
    expect(dictionary).toMatchObject({ hook_in: 'blocks.1.hook_resid_post', d_in: d_model, d_sae: 48 });
    expect(Math.max(...dictionary.decoder_norms.map((norm) => Math.abs(norm - 1)))).toBeLessThan(1e-3);
    const state = new Map(
      [...readTensors(join(folder, 'work', CHECKPOINT_FILE))].map(([key, value]) => [key, floats(value)]),
    );
    expect(Math.abs(state.get('scale')![0]! - 1)).toBeGreaterThan(0.01);
    const rows = 8;
    const random = createRandom(6);
    const x = Float32Array.from({ length: rows * d_model }, () => (random.next() - 0.5) * 4);
    const expected = Array.from({ length: rows }, (_, row) =>
      reconstruct(state, x.subarray(row * d_model, (row + 1) * d_model)),
    );
    const found = await reconstructStored(dictionary, x, rows);
    // Weights are stored in half precision: relative steps of 1e-3 through sums of 16 and 4 terms.
    found.forEach((value, i) => {
      expect(Math.abs(value - expected.flat()[i]!)).toBeLessThan(0.02);
    });
  });
});

/** s·x → features → x̂ / s in float64, by the training state. */
function reconstruct(state: ReadonlyMap<string, Float32Array>, x: Float32Array): number[] {
  const scale = state.get('scale')![0]!;
  const [W_enc, b_enc, W_dec, b_dec] = ['W_enc', 'b_enc', 'W_dec', 'b_dec'].map((name) => state.get(name)!);
  const pre = Array.from(b_enc!, (bias, j) =>
    x.reduce((sum, value, i) => sum + (value * scale - b_dec![i]!) * W_enc![i * b_enc!.length + j]!, bias),
  );
  const threshold = state.get('threshold');
  const least = [...pre].sort((a, b) => b - a)[3]!;
  const acts = pre.map((h, j) => (h > 0 && (threshold ? h > threshold[j]! : h >= least) ? h : 0));
  return Array.from(b_dec!, (bias, i) => acts.reduce((sum, a, j) => sum + a * W_dec![j * x.length + i]!, bias) / scale);
}

async function reconstructStored(dictionary: Dictionary, x: Float32Array, rows: number): Promise<number[]> {
  const program = dictionaryProgram(dictionary, { variant: 'dense', k: 1 }, ['recon'], 'cpu');
  const session = await runner().open(program, { weights: 'mapped' });
  const { recon } = await runner().run(session, { x: float32([rows, d_model], x) }, ['recon']);
  await runner().close(session);
  return Array.from(recon!.data as Float32Array);
}

describe('the stream of activations', () => {
  const plan = { hook: 'blocks.1.hook_resid_post', d_in: d_model, seed: 9, batch: 16, buffer_tokens: 40, passes: 2 };

  test('gives every counted position of the rows, in each pass another order', async () => {
    const stream = await openActivations(runner(), model, source, plan);
    const buffer = await stream.buffer(STREAM_START);
    const first = await stream.batch(STREAM_START);
    const second = await stream.batch(first.next as never);
    const again = await stream.batch(second.next);
    const rowsOf = (data: Float32Array): string[] =>
      Array.from({ length: data.length / d_model }, (_, i) => data.subarray(i * d_model, (i + 1) * d_model).join());
    const all = rowsOf(buffer.data);
    const taken = [first, second].flatMap(({ x }) => rowsOf(x.data));
    expect(new Set(taken).size).toBe(32);
    expect(taken.every((row) => all.includes(row))).toBe(true);
    expect(rowsOf(again.x.data)).not.toEqual(rowsOf(first.x.data));
    expect(again.next).toEqual({ row: 0, buffer: 0, used: 3 });
    const last = await stream.batch(again.next);
    expect(last.next).toMatchObject({ buffer: 1, used: 0 });
    expect(last.next.row).toBeGreaterThan(2);
    await stream.close();
    // The first row alone, without its first position.
    const alone = await openActivations(
      runner(),
      model,
      { ...source, row: () => source.row(0) },
      { ...plan, buffer_tokens: 3 },
    );
    const three = (await alone.buffer(STREAM_START)).data;
    await alone.close();
    expect(Math.max(...three.map((value, i) => Math.abs(value - buffer.data[i]!)))).toBeLessThan(1e-5);
  });

  test('refuses a text of which nothing counts', async () => {
    const nothing: TokenSource = { row: () => [0, 0], special: new Set([0]) };
    const stream = await openActivations(runner(), model, nothing, plan);
    await expect(stream.buffer(STREAM_START)).rejects.toMatchObject({ kind: 'invalid-params' });
    await stream.close();
  });
});

test('a dictionary that reconstructs exactly has FVU 0 and ΔCE 0', async () => {
  const folder = scratchFolder();
  await trainDictionary(runner(), model, run(folder, 'topk'));
  const stored = openDictionary(join(folder, 'out'), model.spec)[0]!;
  // ±identity: 2·d_model features that together give back every coordinate.
  const width = 2 * d_model;
  const W_dec = Float32Array.from({ length: width * d_model }, (_, i) => {
    const [feature, column] = [Math.floor(i / d_model), i % d_model];
    return feature % d_model === column ? (feature < d_model ? 1 : -1) : 0;
  });
  const memory = (shape: readonly number[], data: Float32Array) =>
    ({ kind: 'memory', dtype: 'float32', shape, data }) as const;
  const exact: Dictionary = {
    ...stored,
    d_sae: width,
    activation: { kind: 'relu' },
    W_enc: { source: memory([width, d_model], W_dec), layout: 'sae_in' },
    b_enc: memory([width], new Float32Array(width)),
    W_dec: memory([width, d_model], W_dec),
    b_dec: null,
    apply_b_dec_to_input: false,
    decoder_norms: new Float32Array(width).fill(1),
    folding: 'unit',
  };
  const rows = Array.from({ length: 6 }, (_, i) => source.row(i) as readonly number[]);
  const scores = await evaluateDictionary(runner(), model, exact, rows, source.special);
  expect(scores.positions).toBe(rows.reduce((sum, row) => sum + row.length - 1, 0));
  expect(scores.fvu).toBeLessThan(1e-10);
  expect(scores.ce_delta).toBeCloseTo(0, 5);
  // The model is random and so are the ids: zeros do not hurt it, so there is no score.
  expect(scores.ce_zero).toBeLessThan(scores.ce_model);
  expect(scores.ce_score).toBeNull();
  expect(scores.l0).toBeCloseTo(d_model, 1);
  const poor = await evaluateDictionary(runner(), model, stored, rows, source.special);
  expect(poor.fvu).toBeGreaterThan(0.05);
  expect(poor.l0).toBeCloseTo(4, 5);
  expect(poor.ce_model).toBe(scores.ce_model);
});
