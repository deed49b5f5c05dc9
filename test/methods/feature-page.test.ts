/** A feature's weights, against the same sums written out in float64. */
import { expect, test } from 'vitest';
import { toFloat32, viewBytes } from '../../server/src/core/dtype.ts';
import type { TensorSource } from '../../server/src/core/tensor.ts';
import { createScheduler } from '../../server/src/engine/scheduler.ts';
import { sessionCache } from '../../server/src/engine/session-cache.ts';
import { withFile } from '../../server/src/files/file-reader.ts';
import { featureWeights } from '../../server/src/methods/feature-page.ts';
import { modelHandle } from '../../server/src/methods/model-handle.ts';
import { openCheckpoint } from '../../server/src/model/checkpoint.ts';
import { fixturePath } from '../support/fixtures.ts';
import { sharedRunner } from '../support/runner.ts';
import { syntheticDictionary } from '../support/synthetic-dictionary.ts';

const runner = sharedRunner();

function numbers(source: TensorSource): Float32Array {
  if (source.kind === 'memory') return toFloat32(source.dtype, source.data);
  const bytes = withFile(source.path, (reader) => reader.read(source.offset, source.length));
  return toFloat32(source.dtype, viewBytes(source.dtype, bytes));
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);

test.each(['gpt2', 'gemma2'])('%s: logits, neighbours and the encoder’s cosine', async (name) => {
  const model = modelHandle(openCheckpoint(fixturePath('models', name)));
  const { d_model, d_vocab, ln_final, W_U, norm } = model.spec;
  const dictionary = syntheticDictionary('blocks.0.hook_resid_post', d_model, 40, 3);
  const page = await featureWeights(
    sessionCache(createScheduler(runner()), 2 ** 28).on('batch'),
    model,
    dictionary,
    7,
    5,
  );

  const W_dec = numbers(dictionary.W_dec);
  const W_enc = numbers(dictionary.W_enc.source);
  const rowOf = (i: number): Float32Array => W_dec.subarray(i * d_model, (i + 1) * d_model);
  const row = rowOf(7);
  const column = Float32Array.from({ length: d_model }, (_, i) => W_enc[i * 40 + 7]!);
  expect(page.encoder_decoder_cosine).toBeCloseTo(dot(row, column) / Math.sqrt(dot(row, row) * dot(column, column)), 5);

  const gain = numbers(model.weights(ln_final.weight)!).map((w) => w + norm.gainOffset);
  const unembedding = numbers(model.weights(W_U.weight)!);
  const logits = Array.from({ length: d_vocab }, (_, t) =>
    dot(
      row.map((x, i) => x * gain[i]!),
      unembedding.subarray(t * d_model, (t + 1) * d_model),
    ),
  );
  const order = logits.map((logit, index) => ({ index, logit })).sort((a, b) => b.logit - a.logit);
  expect(page.top_logits!.map((entry) => entry.index)).toEqual(order.slice(0, 5).map((entry) => entry.index));
  expect(page.bottom_logits!.map((entry) => entry.index)).toEqual(
    order
      .slice(-5)
      .reverse()
      .map((entry) => entry.index),
  );
  expect(page.top_logits![0]!.score).toBeCloseTo(order[0]!.logit, 3);

  // The synthetic dictionary says that its norms are 1, so a neighbour's score is the plain product.
  const near = Array.from({ length: 40 }, (_, i) => ({ index: i, score: dot(row, rowOf(i)) })).filter(
    (entry) => entry.index !== 7,
  );
  near.sort((a, b) => b.score - a.score);
  expect(page.neighbours.map((entry) => entry.index)).toEqual(near.slice(0, 5).map((entry) => entry.index));
});
