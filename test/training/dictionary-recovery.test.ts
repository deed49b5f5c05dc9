/**
 * Both kinds of dictionary find directions that were planted: sparse sums of known unit vectors, 40 in 24 dimensions.
 * The bound is on the mean over planted directions of the best cosine with a decoder row; random rows reach about 0.5.
 */
import { expect, test } from 'vitest';
import { createRandom, normal } from '../../server/src/core/random.ts';
import { float32, type Tensor } from '../../server/src/core/tensor.ts';
import { type DictionaryTraining, dictionaryTrainingSchema } from '../../server/src/training/dictionary/config.ts';
import { initialDictionary, reviveSilent } from '../../server/src/training/dictionary/initial.ts';
import { DICTIONARY_OPTIMIZER, dictionaryStep, SPARSITY_INPUT } from '../../server/src/training/dictionary/step.ts';
import { runTraining } from '../../server/src/training/loop.ts';
import { openState } from '../../server/src/training/state.ts';
import { scratchFolder } from '../support/micro-training.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
const [D_IN, PLANTED, D_SAE, ROWS, STEPS] = [24, 40, 48, 512, 700];
const ACTIVE = 0.06;

const PLANTS = (() => {
  const random = createRandom(21);
  return Array.from({ length: PLANTED }, () => {
    const row = Array.from({ length: D_IN }, () => normal(random));
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  });
})();

/** Rows of sums of active plants, each with a magnitude between 1 and 2. */
function rows(index: number): Tensor<'float32'> {
  const random = createRandom(22, index);
  const data = new Float32Array(ROWS * D_IN);
  for (let row = 0; row < ROWS; row++) {
    for (const plant of PLANTS) {
      if (random.next() >= ACTIVE) continue;
      const magnitude = 1 + random.next();
      for (let i = 0; i < D_IN; i++) data[row * D_IN + i]! += magnitude * plant[i]!;
    }
  }
  return float32([ROWS, D_IN], data);
}

/** Trains on the rows; returns the mean of the best cosines, and the last step's numbers. */
async function recover(config: DictionaryTraining) {
  const state = await openState(runner(), dictionaryStep(config, D_IN, 'cpu'));
  const last: Record<string, number> = {};
  let revived = 0;
  try {
    await runTraining(state, {
      folder: scratchFolder(),
      digest: config.architecture,
      schedule: { peak: config.learning_rate, warmup: 20, steps: STEPS, shape: 'linear', decay: 0.3, floor: 0 },
      betas: [DICTIONARY_OPTIMIZER.beta1, DICTIONARY_OPTIMIZER.beta2],
      checkpointEvery: STEPS,
      start: 0,
      initial: () => initialDictionary(config, rows(-1)),
      batch: (position) => ({
        feeds: {
          x: rows(position as number),
          ...(config.architecture === 'jumprelu' ? { [SPARSITY_INPUT]: float32([], [config.l0_coefficient]) } : {}),
        },
        next: (position as number) + 1,
      }),
      reports: ['loss', 'mse', 'l0', 'silent'],
      extra: () => ['error'],
      async afterStep(step, { error }) {
        if (step % 50 === 49 && step < 0.7 * STEPS) {
          revived += await reviveSilent(config, state, error as Tensor<'float32'>, step);
        }
      },
      onStep: ({ values }) => Object.assign(last, values),
    });
    const W_dec = (await state.read(['W_dec'])).get('W_dec')!.data;
    const found = Array.from({ length: D_SAE }, (_, i) => W_dec.subarray(i * D_IN, (i + 1) * D_IN));
    const lengths = found.map((row) => Math.hypot(...row));
    const cosines = PLANTS.map((plant) =>
      Math.max(...found.map((row) => plant.reduce((sum, x, i) => sum + x * row[i]!, 0))),
    );
    return { cosine: cosines.reduce((a, b) => a + b) / PLANTED, lengths, last, revived };
  } finally {
    await state.close();
  }
}

const BASE = {
  hook: 'blocks.0.hook_resid_post',
  d_sae: D_SAE,
  tokens: 1,
  batch: ROWS,
  buffer_tokens: ROWS,
  revive_every: 50,
  learning_rate: 5e-3,
} as const;

test.each([
  ['TopK', dictionaryTrainingSchema.parse({ ...BASE, architecture: 'topk', k: 4 })],
  [
    'JumpReLU',
    dictionaryTrainingSchema.parse({
      ...BASE,
      architecture: 'jumprelu',
      l0_coefficient: 0.03,
      threshold: 0.5,
      bandwidth: 0.5,
    }),
  ],
])('%s recovers planted directions', async (_, config) => {
  const { cosine, lengths, last } = await recover(config);
  expect(cosine).toBeGreaterThan(0.95);
  expect(Math.max(...lengths.map((length) => Math.abs(length - 1)))).toBeLessThan(1e-5);
  expect(last.mse).toBeLessThan(0.1);
  expect(last.l0).toBeGreaterThan(1);
  expect(last.l0).toBeLessThan(6);
});
