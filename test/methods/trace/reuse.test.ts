/**
 * What is reused equals what is computed afresh. The stated rounding: windows run the same sums in other orders, and
 * saturated random softmaxes amplify a few ulp; 2e-3 of the root mean square holds every family, a wrong position,
 * mask or rotation misses by more than 0.1.
 */
import { describe, expect, test } from 'vitest';
import type { Runner } from '../../../server/src/core/runner.ts';
import { createScheduler } from '../../../server/src/engine/scheduler.ts';
import { sessionCache } from '../../../server/src/engine/session-cache.ts';
import type { Execution } from '../../../server/src/methods/execution.ts';
import { type ModelHandle, modelHandle } from '../../../server/src/methods/model-handle.ts';
import { traceBatcher } from '../../../server/src/methods/trace/batched.ts';
import { evenWindow, traceCache } from '../../../server/src/methods/trace/cached.ts';
import { type TraceRequest, trace } from '../../../server/src/methods/trace/trace.ts';
import type { SequenceRows } from '../../../server/src/methods/trace/window.ts';
import { openCheckpoint } from '../../../server/src/model/checkpoint.ts';
import { difference } from '../../support/compare.ts';
import { fixturePath, modelFixtures } from '../../support/fixtures.ts';
import { type Random, seededRandom } from '../../support/random.ts';
import { sharedRunner } from '../../support/runner.ts';
import { syntheticDictionary } from '../../support/synthetic-dictionary.ts';

const ROUNDING = 2e-3;
const runner = sharedRunner();

function execution(): Execution {
  return sessionCache(createScheduler(runner()), 2 ** 30).on('batch');
}

function open(
  name: string,
  sites = ['hook_resid_pre', 'hook_resid_post'],
  layer?: number,
): {
  model: ModelHandle;
  n_ctx: number;
  requestOf: (ids: readonly number[]) => TraceRequest;
} {
  const model = modelHandle(openCheckpoint(fixturePath('models', name)));
  const { n_layers, d_model, n_ctx } = model.spec;
  const hooks = sites.map((site) => `blocks.${layer ?? n_layers - 1}.${site}`);
  const dictionaries = hooks.map((hook, i) => syntheticDictionary(hook, d_model, 40, i + 1));
  const requestOf = (ids: readonly number[]): TraceRequest => ({
    ids,
    dictionaries,
    k: 8,
    from: 0,
    to: ids.length,
    predictions: 3,
  });
  return { model, n_ctx, requestOf };
}

function expectSame(actual: SequenceRows, expected: SequenceRows): void {
  actual.dictionaries.forEach(({ table, target }, i) => {
    const other = expected.dictionaries[i]!;
    expect(table.n).toBe(other.table.n);
    for (const column of ['values', 'error_sq', 'target_sq'] as const) {
      expect(difference(table[column], other.table[column]).relative).toBeLessThan(ROUNDING);
    }
    target.forEach((row, at) => {
      expect(difference(row, other.target[at]!).relative).toBeLessThan(ROUNDING);
    });
  });
  expect(actual.predictions?.length).toBe(expected.predictions?.length);
  actual.predictions?.forEach(({ next, top }, row) => {
    const other = expected.predictions![row]!;
    expect(next === null).toBe(other.next === null);
    if (next !== null) expect(next).toBeCloseTo(other.next!, 1);
    expect(top[0]!.logprob).toBeCloseTo(other.top[0]!.logprob, 1);
  });
}

/** Replaces, inserts or deletes a few ids anywhere, most often near the end. */
function edited(ids: readonly number[], random: Random, d_vocab: number, longest: number): number[] {
  const at = Math.floor(ids.length * Math.max(random.uniform(), random.uniform()));
  const removed = Math.floor(random.uniform() * 4);
  const added = Array.from({ length: Math.floor(random.uniform() * 5) }, () => Math.floor(random.uniform() * d_vocab));
  const next = [...ids.slice(0, at), ...added, ...ids.slice(at + removed)].slice(0, longest);
  return next.length > 0 ? next : [1];
}

describe.each(modelFixtures())('%s', (name) => {
  const { model, n_ctx, requestOf } = open(name);
  const longest = Math.min(n_ctx, 48);

  test('after random edits the rows equal a fresh trace', async () => {
    const random = seededRandom(name.length);
    const cache = traceCache(2 ** 28);
    const run = execution();
    let ids = Array.from({ length: Math.min(36, longest) }, () => Math.floor(random.uniform() * model.spec.d_vocab));
    for (let edit = 0; edit < 8; edit++) {
      const reused = await cache.trace(run, model, requestOf(ids));
      expectSame(reused, await trace(run, model, requestOf(ids)));
      ids = edited(ids, random, model.spec.d_vocab, longest);
    }
    expect(cache.stats().reusedTokens).toBeGreaterThan(0);
  });

  test('short texts side by side give each its own rows', async () => {
    const random = seededRandom(7);
    const run = execution();
    const batcher = traceBatcher();
    const texts = Array.from({ length: 6 }, (_, i) =>
      Array.from({ length: 2 + 3 * i }, () => Math.floor(random.uniform() * model.spec.d_vocab)),
    );
    const together = await Promise.all(texts.map((ids) => batcher.trace(run, model, requestOf(ids))));
    for (const [i, ids] of texts.entries()) expectSame(together[i]!, await trace(run, model, requestOf(ids)));
  });
});

test('a range is answered from its own rows, later ranges extend them', async () => {
  const { model, requestOf } = open('gpt2');
  const run = execution();
  const cache = traceCache(2 ** 28);
  const ids = Array.from({ length: 40 }, (_, i) => (i * 37) % model.spec.d_vocab);
  for (const [from, to] of [
    [30, 34],
    [2, 9],
    [0, 40],
    [39, 40],
  ] as const) {
    const request = { ...requestOf(ids), from, to };
    expectSame(await cache.trace(run, model, request), await trace(run, model, request));
  }
});

test('runs of a slow spell are short, and grow again after it', async () => {
  const { model, requestOf } = open('llama3-rope');
  const lengths: number[] = [];
  let pause = 300;
  const slow: Runner = {
    ...runner(),
    async run(session, feeds, ...rest) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      lengths.push(feeds.tokens!.data.length);
      return runner().run(session, feeds, ...rest);
    },
  };
  const run = sessionCache(createScheduler(slow), 2 ** 30).on('batch');
  const cache = traceCache(2 ** 28);
  const text = (i: number): number[] => Array.from({ length: 128 }, (_, j) => (i * 31 + j * 7) % model.spec.d_vocab);
  for (let i = 0; i < 2; i++) await cache.trace(run, model, requestOf(text(i)));
  pause = 0;
  const shortest = Math.min(...lengths.splice(0));
  for (let i = 2; i < 6; i++) await cache.trace(run, model, requestOf(text(i)));
  expect(Math.max(...lengths)).toBeGreaterThan(shortest);
});

test('runs are as long as ever while many wait for theirs', async () => {
  const { model, requestOf } = open('llama3-rope');
  const lengths: number[] = [];
  const even: Runner = {
    ...runner(),
    async run(session, feeds, ...rest) {
      await new Promise((resolve) => setTimeout(resolve, 80));
      lengths.push(feeds.tokens!.data.length);
      return runner().run(session, feeds, ...rest);
    },
  };
  const run = sessionCache(createScheduler(even), 2 ** 30).on('batch');
  const cache = traceCache(2 ** 28);
  const text = (i: number): number[] => Array.from({ length: 128 }, (_, j) => (i * 31 + j * j) % model.spec.d_vocab);
  for (let i = 0; i < 2; i++) await cache.trace(run, model, requestOf(text(i)));
  lengths.length = 0;
  await Promise.all(Array.from({ length: 32 }, (_, i) => cache.trace(run, model, requestOf(text(i + 2)))));
  await cache.trace(run, model, requestOf(text(40)));
  expect(lengths.at(-1)).toBe(128);
});

test('a runtime that died loses nothing but time', async () => {
  const { model, requestOf } = open('llama3-rope');
  const run = execution();
  const cache = traceCache(2 ** 28);
  const ids = Array.from({ length: 30 }, (_, i) => (i * 29) % model.spec.d_vocab);
  await cache.trace(run, model, requestOf(ids.slice(0, 25)));
  process.kill(runner().pid(), 'SIGKILL');
  await expect.poll(() => runner().restarts()).toBe(1);
  expectSame(await cache.trace(run, model, requestOf(ids)), await trace(run, model, requestOf(ids)));
});

test('windows are even: no short rest costs a run of its own, and none is much longer than planned', () => {
  const windows = (left: number, length: number): number[] => {
    const found: number[] = [];
    for (let rest = left; rest > 0; rest -= found.at(-1)!) found.push(evenWindow(rest, length));
    return found;
  };
  expect(windows(128, 115)).toEqual([128]);
  expect(windows(150, 115)).toEqual([75, 75]);
  expect(windows(8, 115)).toEqual([8]);
  expect(windows(1, 32)).toEqual([1]);
  expect(Math.max(...windows(1500, 512))).toBeLessThanOrEqual(512);
});

test('below the first attention nothing is kept in the runtime, and a text goes on all the same', async () => {
  const { model, requestOf } = open('gpt2', ['hook_resid_pre'], 0);
  const run = execution();
  const cache = traceCache(2 ** 24);
  const ids = Array.from({ length: 24 }, (_, i) => (7 * i) % model.spec.d_vocab);
  const request = (length: number): TraceRequest => ({ ...requestOf(ids.slice(0, length)), predictions: 0 });
  await cache.trace(run, model, request(12));
  expectSame(await cache.trace(run, model, request(24)), await trace(run, model, request(24)));
  expect(cache.stats().reusedTokens).toBe(12);
});
