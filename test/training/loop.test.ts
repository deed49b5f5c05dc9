/** Interruption, resumption and refusal of training runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SondeError } from '../../server/src/core/errors.ts';
import { CHECKPOINT_FILE } from '../../server/src/training/checkpoint.ts';
import { runTraining, type TrainingRun } from '../../server/src/training/loop.ts';
import { microRun, openMicro, scratchFolder } from '../support/micro-training.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
const STEPS = 11;

async function train(run: TrainingRun, signal?: AbortSignal): Promise<number> {
  const state = await openMicro(runner());
  try {
    return await runTraining(state, run, signal);
  } finally {
    await state.close();
  }
}

async function failure(run: TrainingRun, signal?: AbortSignal): Promise<SondeError> {
  const thrown = await train(run, signal).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(SondeError);
  return thrown as SondeError;
}

const checkpoint = (folder: string): Buffer => readFileSync(join(folder, CHECKPOINT_FILE));
const log = (folder: string): string => readFileSync(join(folder, 'log.jsonl'), 'utf8');

describe('a run that is interrupted', () => {
  test.each([
    ['by a signal, between two checkpoints', 6],
    ['by a signal, at a checkpoint', 8],
  ])('%s goes on to the same weights, bit for bit', async (_, at) => {
    const folder = scratchFolder();
    const reference = scratchFolder();
    expect(await train(microRun(reference, STEPS))).toBe(0);
    const controller = new AbortController();
    const run = microRun(folder, STEPS, { onStep: ({ step }) => step === at && controller.abort() });
    const error = await failure(run, controller.signal);
    expect(error).toMatchObject({ kind: 'cancelled', data: { step: at } });
    expect(await train(microRun(folder, STEPS))).toBe(at);
    expect(checkpoint(folder).equals(checkpoint(reference))).toBe(true);
    expect(log(folder)).toBe(log(reference));
  });

  test('by a crash repeats the steps after its last checkpoint, to the same weights', async () => {
    const folder = scratchFolder();
    const reference = scratchFolder();
    await train(microRun(reference, STEPS));
    const crash = new Error('the power went');
    const run = microRun(folder, STEPS, {
      batch: (position, step) => {
        if (step === 7) throw crash;
        return microRun(folder, STEPS).batch(position, step);
      },
    });
    await expect(train(run)).rejects.toBe(crash);
    expect(log(folder).trim().split('\n')).toHaveLength(7);
    expect(await train(microRun(folder, STEPS))).toBe(4);
    expect(checkpoint(folder).equals(checkpoint(reference))).toBe(true);
    expect(log(folder)).toBe(log(reference));
  });

  test('and one that is finished does nothing when it is run again', async () => {
    const folder = scratchFolder();
    await train(microRun(folder, 3));
    const before = checkpoint(folder);
    expect(await train(microRun(folder, 3))).toBe(3);
    expect(checkpoint(folder).equals(before)).toBe(true);
  });
});

test('a loss that is no number stops the run, naming the step and the last good checkpoint', async () => {
  const folder = scratchFolder();
  const { schedule } = microRun(folder, STEPS);
  const bad = microRun(folder, STEPS, { schedule: { ...schedule, peak: 1e300, warmup: 0 } });
  const first = await failure(bad);
  expect(first.kind).toBe('non-finite');
  expect(first.message).toContain('at step 2. There is no checkpoint yet');
  await train(microRun(folder, 5));
  const named = await failure(bad);
  const path = join(folder, CHECKPOINT_FILE);
  expect(named.data).toMatchObject({ step: 7, checkpoint: { step: 5, path } });
  expect(named.message).toContain(`The last good checkpoint is of step 5: ${path}`);
});

test('a checkpoint of another config is refused', async () => {
  const folder = scratchFolder();
  await train(microRun(folder, 2));
  const error = await failure(microRun(folder, 2, { digest: 'another' }));
  expect(error.kind).toBe('invalid-params');
  expect(error.message).toContain('another config');
});
