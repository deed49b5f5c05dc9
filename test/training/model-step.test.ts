/** The training step of a model: its gradients, its update through the runtime, and that it learns. */
import { describe, expect, test } from 'vitest';
import { int64 } from '../../server/src/core/tensor.ts';
import { gradient } from '../../server/src/graph/gradient/gradient.ts';
import { prune } from '../../server/src/graph/prune.ts';
import { stepFeeds } from '../../server/src/training/loop.ts';
import { trainableLoss } from '../../server/src/training/model-step.ts';
import { wrongDirections } from '../support/finite-differences.ts';
import { interpret, loadConstant } from '../support/interpreter.ts';
import type { NdArray } from '../support/interpreter-array.ts';
import { MICRO_OPTIMIZER, microBatch, microSpec, microWeights, openMicro } from '../support/micro-training.ts';
import { modelFixture } from '../support/model-fixture.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();

describe.each(['gpt2', 'gemma2', 'llama3-rope'])('the loss of %s', (name) => {
  const { spec, weights, tokens, pos } = modelFixture(name);
  const { b, loss, weights: inputs } = trainableLoss(spec);
  const ids = Array.from(tokens.data, Number);
  const stored = Object.fromEntries([...inputs.keys()].map((key) => [key, loadConstant(weights(key)!)]));
  const feeds = {
    ...stored,
    tokens: int64([1, pos - 1], ids.slice(0, -1)),
    targets: int64([1, pos - 1], ids.slice(1)),
  };

  test('is the mean of −log P of the targets', () => {
    b.output('loss', loss);
    const { outputs } = interpret(prune(b.finish()), feeds);
    const { logits_f64 } = Object.fromEntries(modelFixture(name).reference);
    const rows = Array.from({ length: pos - 1 }, (_, i) =>
      Array.from(logits_f64!.data as Float64Array).slice(i * spec.d_vocab, (i + 1) * spec.d_vocab),
    );
    const expected = rows.map((row, i) => Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[ids[i + 1]!]!);
    expect(outputs.loss!.data[0]).toBeCloseTo(expected.reduce((x, y) => x + y) / expected.length, 4);
  });

  test('has gradients of every weight that agree with finite differences', () => {
    const made = gradient(b, loss, [...inputs.values()]);
    const pairs = new Map([...inputs.values()].map((value, i) => [value, made[i]!]));
    made.forEach((value, i) => {
      b.output(`gradient ${i}`, value);
    });
    expect(wrongDirections(prune(b.finish()), feeds as never, loss, pairs, 1e-6, 1)).toEqual([]);
  });
});

test('a step through the runtime is AdamW on those gradients', async () => {
  const { b, loss, weights } = trainableLoss(microSpec());
  const made = gradient(b, loss, [...weights.values()]);
  made.forEach((value, i) => {
    b.output(`${i}`, value);
  });
  b.output('loss', loss);
  const start = microWeights();
  const feeds = { ...Object.fromEntries(start), ...microBatch(0) };
  const exact = interpret(prune(b.finish()), feeds).outputs;
  const norm = Math.sqrt(made.reduce((sum, _, i) => sum + squares(exact[`${i}`]!), 0));
  const state = await openMicro(runner());
  const zeros = new Map(
    [...state.shapes].map(([name, shape]) => [
      name,
      { dtype: 'float32' as const, shape, data: new Float32Array(shape.reduce((x, y) => x * y, 1)) },
    ]),
  );
  await state.load(new Map([...zeros, ...start]));
  const rate = 0.01;
  const reported = await state.step({ ...microBatch(0), ...stepFeeds(rate, [0.9, 0.98], 0) }, ['loss', 'norm']);
  const after = await state.read(weights.keys());
  await state.close();
  expect(reported.loss!.data[0]).toBeCloseTo(exact.loss!.data[0]!, 5);
  expect(reported.norm!.data[0]).toBeCloseTo(norm, 4);
  const factor = Math.min(1, MICRO_OPTIMIZER.clip / norm);
  [...weights].forEach(([name], i) => {
    const before = start.get(name)!;
    const decay = before.shape.length === 2 && !name.includes('embed') ? MICRO_OPTIMIZER.weight_decay : 0;
    exact[`${i}`]!.data.forEach((g, j) => {
      // At the first step both moments are the gradient's own, so the update is its sign wherever it is not tiny.
      if (Math.abs(g * factor) < 1e-5) return;
      const theta = before.data[j] as number;
      const expected = theta - rate * (Math.sign(g) + decay * theta);
      expect(Math.abs(after.get(name)!.data[j]! - expected), `${name} ${j}`).toBeLessThan(2e-5);
    });
  });
});

test.each(['adam', 'muon'] as const)('a batch is learnt by heart with %s', async (matrices) => {
  const state = await openMicro(runner(), matrices);
  const zeros = [...state.shapes].map(
    ([name, shape]) =>
      [name, { dtype: 'float32', shape, data: new Float32Array(shape.reduce((x, y) => x * y, 1)) }] as const,
  );
  await state.load(new Map([...zeros, ...microWeights()]));
  const losses: number[] = [];
  for (let step = 0; step < 150; step++) {
    const { loss } = await state.step({ ...microBatch(0), ...stepFeeds(0.02, [0.9, 0.98], step) }, ['loss']);
    losses.push(loss!.data[0] as number);
  }
  await state.close();
  expect(losses[0]).toBeGreaterThan(2.3);
  expect(losses.at(-1)).toBeLessThan(0.3);
});

function squares({ data }: NdArray): number {
  return data.reduce((sum, value) => sum + value * value, 0);
}
