/** Two lanes over one runner. The runner here is a stand-in for the native one: it only notes when calls begin and end. */
import { describe, expect, test } from 'vitest';
import type { Runner } from '../../server/src/core/runner.ts';
import { createScheduler } from '../../server/src/engine/scheduler.ts';
import { expectRejection } from '../support/expect-error.ts';

/** A runner whose runs end when told to. */
function manualRunner(): { runner: Runner; begun: number[]; end: () => void } {
  const begun: number[] = [];
  let finish: (() => void) | undefined;
  const runner: Runner = {
    device: 'cpu',
    open: async () => 1,
    run: (session) => {
      begun.push(session);
      return new Promise((resolve) => {
        finish = () => resolve({});
      });
    },
    close: async () => {},
    newStore: () => 1,
    dropStore: async () => {},
    memory: async () => ({ rss: 0 }),
    dispose: async () => {},
  };
  return { runner, begun, end: () => finish?.() };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the scheduler', () => {
  test('interactive calls overtake batch calls that have not begun', async () => {
    const { runner, begun, end } = manualRunner();
    const scheduler = createScheduler(runner);
    const calls = [1, 2, 3].map((id) => scheduler.on('batch').run(id, {}, []));
    await settled();
    calls.push(scheduler.on('interactive').run(9, {}, []));
    for (let i = 0; i < 4; i++) {
      end();
      await settled();
    }
    await Promise.all(calls);
    expect(begun).toEqual([1, 9, 2, 3]);
  });

  test('one call at a time is with the runner', async () => {
    const { runner, begun, end } = manualRunner();
    const scheduler = createScheduler(runner);
    const calls = [1, 2].map((id) => scheduler.on('batch').run(id, {}, []));
    await settled();
    expect(begun).toEqual([1]);
    expect(scheduler.waiting()).toEqual({ interactive: 0, batch: 1 });
    end();
    await settled();
    end();
    await Promise.all(calls);
  });

  test('an aborted call leaves the queue and never begins', async () => {
    const { runner, begun, end } = manualRunner();
    const scheduler = createScheduler(runner);
    const first = scheduler.on('batch').run(1, {}, []);
    const controller = new AbortController();
    const second = scheduler.on('batch').run(2, {}, [], controller.signal);
    await settled();
    controller.abort();
    await expectRejection('cancelled', second);
    end();
    await first;
    expect(begun).toEqual([1]);
  });
});
