/**
 * The whole trace on WebGPU equals the CPU's: model, spliced dictionaries, predictions. Float32 on both; other orders
 * of summation and the device's own exp and tanh differ by 1e-3 of the root mean square on saturated random softmaxes.
 */
import { describe, expect, test } from 'vitest';
import { createScheduler } from '../../../server/src/engine/scheduler.ts';
import { sessionCache } from '../../../server/src/engine/session-cache.ts';
import { modelHandle } from '../../../server/src/methods/model-handle.ts';
import { trace } from '../../../server/src/methods/trace/trace.ts';
import { openCheckpoint } from '../../../server/src/model/checkpoint.ts';
import { difference } from '../../support/compare.ts';
import { fixturePath } from '../../support/fixtures.ts';
import { sharedRunner } from '../../support/runner.ts';
import { syntheticDictionary } from '../../support/synthetic-dictionary.ts';

const TOLERANCE = 5e-3;
const cpu = sharedRunner('cpu');
const webgpu = sharedRunner('webgpu');

describe.each(['gpt2', 'llama3-rope', 'gemma2', 'neox-parallel', 'qwen3'])('%s', (name) => {
  test('features, errors and predictions equal those of the CPU', async () => {
    const model = modelHandle(openCheckpoint(fixturePath('models', name)));
    const { n_layers, d_model, d_vocab } = model.spec;
    const dictionaries = [syntheticDictionary(`blocks.${n_layers - 1}.hook_resid_post`, d_model)];
    const ids = Array.from({ length: 20 }, (_, i) => (i * 31 + 5) % d_vocab);
    const request = { ids, dictionaries, k: 8, from: 0, to: ids.length, predictions: 3 };
    const [expected, actual] = await Promise.all(
      [cpu, webgpu].map((runner) =>
        trace(sessionCache(createScheduler(runner()), 2 ** 28).on('batch'), model, request),
      ),
    );
    const [left, right] = [actual!.dictionaries[0]!, expected!.dictionaries[0]!];
    expect(difference(left.table.values, right.table.values).relative).toBeLessThan(TOLERANCE);
    expect(difference(left.table.error_sq, right.table.error_sq).relative).toBeLessThan(TOLERANCE);
    expect([...left.table.l0]).toEqual([...right.table.l0]);
    const logprobs = (rows: typeof expected): number[] =>
      rows!.predictions!.flatMap(({ top }) => top.map((entry) => entry.logprob));
    expect(difference(logprobs(actual), logprobs(expected)).relative).toBeLessThan(TOLERANCE);
  }, 180_000);
});
