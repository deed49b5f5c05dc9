/** Tinyworld's training text and its micro training, end to end. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { modelHandle } from '../../server/src/methods/model-handle.ts';
import { openCheckpoint } from '../../server/src/model/checkpoint.ts';
import { openTokenizer } from '../../server/src/model/tokenizer/tokenizer.ts';
import { bpeEncoder } from '../../server/src/tinyworld/encode.ts';
import { corpusDocument } from '../../server/src/tinyworld/sample.ts';
import { measureLoss } from '../../server/src/tinyworld/train.ts';
import { packedRows, shiftedFeeds } from '../../server/src/tinyworld/train-data.ts';
import { defaultModelTraining, trainModel } from '../../server/src/tinyworld/train-model.ts';
import { scratchFolder } from '../support/micro-training.ts';
import { sharedRunner } from '../support/runner.ts';

const FOLDER = fileURLToPath(new URL('../../server/models/tinyworld', import.meta.url));
const PATH = join(FOLDER, 'tokenizer.json');
const encoder = bpeEncoder(readFileSync(PATH, 'utf8'), PATH);
const SEED = 5;

describe('the encoder', () => {
  test('gives the ids of Hugging Face’s tokenizer', async () => {
    const tokenizer = await openTokenizer(FOLDER);
    expect(encoder).toMatchObject({ bos: tokenizer.bosId, d_vocab: tokenizer.nVocab });
    const texts = Array.from({ length: 150 }, (_, i) => corpusDocument(3, i % 2 ? 'heldout' : 'train', i).text);
    for (const text of [...texts, 'naïve  Ünïcode\n\n\t42 ✓']) {
      expect(encoder.encode(text)).toEqual((await tokenizer.encode(text, { bos: false })).ids);
    }
  });
});

test('a row starts with a document, goes on with the next and is cut; rows follow from the position alone', () => {
  const first = packedRows(encoder, SEED, 0, 3, 100);
  const again = packedRows(encoder, SEED, 0, 1, 100);
  expect(again.rows[0]).toEqual(first.rows[0]);
  expect(packedRows(encoder, SEED, again.next, 2, 100)).toEqual({ rows: first.rows.slice(1), next: first.next });
  for (const row of first.rows) {
    expect(row).toHaveLength(100);
    expect(row[0]).toBe(encoder.bos);
    row.forEach((id, i) => {
      if (i > 0) expect(id === encoder.bos).toBe(row[i - 1] === encoder.eos);
    });
  }
  const { tokens, targets } = shiftedFeeds(first.rows);
  expect(tokens!.shape).toEqual([3, 99]);
  expect(Number(targets!.data[98])).toBe(first.rows[0]![99]);
  expect(Number(targets!.data[0])).toBe(Number(tokens!.data[1]));
});

describe('a micro model', () => {
  const runner = sharedRunner();

  test('learns, is written in half precision in the usual layout, and is measured beside the bound', async () => {
    const out = scratchFolder();
    mkdirSync(out, { recursive: true });
    const losses: number[] = [];
    const training = {
      ...defaultModelTraining(5, 1),
      sizes: { n_layers: 1, d_model: 16, d_mlp: 24, n_heads: 2, n_ctx: 64 },
      batch: 4,
      steps: 40,
      warmup: 5,
    };
    const tokens = await trainModel(runner(), training, encoder, out, 2 ** 30, ({ values }) =>
      losses.push(values.loss!),
    );
    expect(tokens).toBe(40 * 4 * 64);
    expect(losses).toHaveLength(40);
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.5);
    const checkpoint = openCheckpoint(out);
    expect(checkpoint.spec).toMatchObject({ architecture: 'LlamaForCausalLM', n_layers: 1, d_model: 16, n_ctx: 64 });
    expect([...checkpoint.tensors.values()].every(({ dtype }) => dtype === 'float16')).toBe(true);
    const plan = { seed: 5, split: 'train', first: 1_000_000, documents: 20 } as const;
    const report = await measureLoss(runner(), modelHandle(checkpoint), encoder, plan);
    expect(report.bound).toBeGreaterThan(0.3);
    expect(report.model).toBeGreaterThan(report.bound);
    expect(Math.abs(report.model - losses.at(-1)!)).toBeLessThan(1);
  });
});
