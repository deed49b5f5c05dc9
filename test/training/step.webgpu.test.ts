/** Run by the vitest project `webgpu`: training steps there give the CPU's numbers, their state staying on the device. */
import { expect, test } from 'vitest';
import { createRandom, normal } from '../../server/src/core/random.ts';
import type { Runner } from '../../server/src/core/runner.ts';
import { float32, type Tensor } from '../../server/src/core/tensor.ts';
import { dictionaryTrainingSchema } from '../../server/src/training/dictionary/config.ts';
import { initialDictionary } from '../../server/src/training/dictionary/initial.ts';
import { dictionaryStep, SPARSITY_INPUT } from '../../server/src/training/dictionary/step.ts';
import { stepFeeds } from '../../server/src/training/loop.ts';
import { openState, type ResidentState } from '../../server/src/training/state.ts';
import { microBatch, microWeights, openMicro } from '../support/micro-training.ts';
import { sharedRunner } from '../support/runner.ts';

const gpu = sharedRunner('webgpu');
const cpu = sharedRunner('cpu');
const STEPS = 4;

interface Trajectory {
  readonly losses: readonly number[];
  readonly state: ReadonlyMap<string, Tensor<'float32'>>;
}

async function train(
  state: ResidentState,
  initial: ReadonlyMap<string, Tensor>,
  feeds: (step: number) => Record<string, Tensor>,
): Promise<Trajectory> {
  const zeros = [...state.shapes].map(
    ([name, shape]) => [name, float32(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)))] as const,
  );
  await state.load(new Map([...zeros, ...initial]));
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const { loss } = await state.step({ ...feeds(step), ...stepFeeds(0.01, [0.9, 0.98], step) }, ['loss']);
    losses.push(loss!.data[0] as number);
  }
  const held = await state.read();
  await state.close();
  return { losses, state: held };
}

/** Float32 sums in another order, four steps long; Adam divides by moments, so small differences grow. */
const TOLERANCE = 2e-3;

function expectSame(found: Trajectory, expected: Trajectory): void {
  found.losses.forEach((loss, i) => {
    expect(Math.abs(loss - expected.losses[i]!)).toBeLessThan(TOLERANCE);
  });
  expect(found.losses.at(-1)).toBeLessThan(found.losses[0]!);
  for (const [name, { data }] of expected.state) {
    const worst = data.reduce((most, value, i) => Math.max(most, Math.abs(value - found.state.get(name)!.data[i]!)), 0);
    expect(worst, name).toBeLessThan(TOLERANCE);
  }
}

test.each(['adam', 'muon'] as const)('a model by %s', async (matrices) => {
  const on = async (runner: Runner) => train(await openMicro(runner, matrices), microWeights(), () => microBatch(0));
  expectSame(await on(gpu()), await on(cpu()));
});

test.each(['topk', 'jumprelu'] as const)('a %s dictionary', async (architecture) => {
  const config = dictionaryTrainingSchema.parse({
    hook: 'blocks.0.hook_resid_post',
    architecture,
    d_sae: 24,
    k: 4,
    tokens: 1,
    batch: 32,
    buffer_tokens: 32,
  });
  const random = createRandom(2);
  const x = float32(
    [32, 8],
    Float32Array.from({ length: 256 }, () => normal(random)),
  );
  const feeds = architecture === 'jumprelu' ? { x, [SPARSITY_INPUT]: float32([], [0.01]) } : { x };
  const on = async (runner: Runner) => {
    const target = runner.device === 'cpu' ? 'cpu' : 'gpu';
    return train(await openState(runner, dictionaryStep(config, 8, target)), initialDictionary(config, x), () => feeds);
  };
  expectSame(await on(gpu()), await on(cpu()));
});
