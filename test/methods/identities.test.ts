/** The identities of `sonde selftest` hold on every family, and a wrong reading of the model breaks them. */
import { describe, expect, test } from 'vitest';
import { createScheduler } from '../../server/src/engine/scheduler.ts';
import { sessionCache } from '../../server/src/engine/session-cache.ts';
import type { Execution } from '../../server/src/methods/execution.ts';
import { checkIdentities } from '../../server/src/methods/identities.ts';
import { modelHandle } from '../../server/src/methods/model-handle.ts';
import { openCheckpoint } from '../../server/src/model/checkpoint.ts';
import { fixturePath, modelFixtures } from '../support/fixtures.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
const execution = (): Execution => sessionCache(createScheduler(runner()), 2 ** 30).on('batch');
const ids = Array.from({ length: 24 }, (_, i) => (i * 7 + 3) % 30);

describe.each(modelFixtures())('%s', (name) => {
  test('every identity holds', async () => {
    const model = modelHandle(openCheckpoint(fixturePath('models', name)));
    const checks = await checkIdentities(execution(), model, ids);
    expect(checks.filter((check) => !check.holds)).toEqual([]);
    expect(checks.length).toBeGreaterThanOrEqual(5);
  });
});

test('sums that mix the wrong tensors are noticed', async () => {
  const model = modelHandle(openCheckpoint(fixturePath('models', 'gpt2')));
  const honest = execution();
  // The runtime answers layer 0's value in place of hook_mlp_out: what a wrong hook would look like.
  const lying: Execution = {
    ...honest,
    runner: {
      ...honest.runner,
      async run(...call) {
        const outputs = await honest.runner.run(...call);
        const pre = outputs['blocks.0.hook_resid_pre'];
        return pre && 'blocks.0.hook_mlp_out' in outputs ? { ...outputs, 'blocks.0.hook_mlp_out': pre } : outputs;
      },
    },
  };
  const checks = await checkIdentities(lying, model, ids);
  expect(checks.find((check) => check.name.startsWith('resid_pre'))?.holds).toBe(false);
});
