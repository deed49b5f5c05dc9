/** Joined and kept results. */
import { describe, expect, test } from 'vitest';
import { createMemo } from '../../server/src/engine/memo.ts';
import { expectRejection } from '../support/expect-error.ts';

const size = (value: string): number => value.length;

describe('the memo', () => {
  test('identical requests in flight join, finished ones are kept', async () => {
    const memo = createMemo<string>(1000, size);
    let computed = 0;
    const compute = async (): Promise<string> => {
      computed++;
      return 'result';
    };
    expect(await Promise.all([memo.get('k', compute), memo.get('k', compute)])).toEqual(['result', 'result']);
    await memo.get('k', compute);
    expect(computed).toBe(1);
    expect(memo.stats()).toMatchObject({ hits: 1, joins: 1, misses: 1, entries: 1 });
  });

  test('a failure is not kept', async () => {
    const memo = createMemo<string>(1000, size);
    await expect(memo.get('k', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await memo.get('k', async () => 'yes')).toBe('yes');
  });

  test('the least recently used goes first, and bytes stay within the budget', async () => {
    const memo = createMemo<string>(100, size);
    await memo.get('a', async () => 'x'.repeat(40));
    await memo.get('b', async () => 'x'.repeat(40));
    await memo.get('a', async () => 'again');
    await memo.get('c', async () => 'x'.repeat(40));
    expect(memo.stats().bytes).toBeLessThanOrEqual(100);
    expect(await memo.get('a', async () => 'computed anew')).toBe('x'.repeat(40));
    expect(await memo.get('b', async () => 'computed anew')).toBe('computed anew');
  });

  test('what passing work asked for goes first, unless somebody looks at it', async () => {
    const memo = createMemo<string>(200, size);
    const passing = { passing: true };
    const ask = (key: string, options = {}): Promise<string> =>
      memo.get(key, async () => key.repeat(40), undefined, options);
    await ask('a');
    await ask('b', passing);
    await ask('c', passing);
    // Joined by somebody who looks, and asked for again by somebody who looks.
    await Promise.all([ask('d', passing), ask('d')]);
    await ask('b');
    for (const key of ['e', 'f', 'g']) await ask(key, passing);
    const missed = memo.stats().misses;
    for (const key of ['a', 'b', 'd']) await ask(key);
    expect(memo.stats().misses).toBe(missed);
    expect(memo.stats().bytes).toBeLessThanOrEqual(200);
    await ask('c');
    expect(memo.stats().misses).toBe(missed + 1);
  });

  test('work goes on while one caller waits, and stops when the last leaves', async () => {
    const memo = createMemo<string>(100, size);
    let own: AbortSignal | undefined;
    const compute = (signal: AbortSignal): Promise<string> => {
      own = signal;
      return new Promise(() => {});
    };
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = [first, second].map(({ signal }) => memo.get('k', compute, signal));
    first.abort();
    await expectRejection('cancelled', waiting[0]!);
    expect(own!.aborted).toBe(false);
    second.abort();
    await expectRejection('cancelled', waiting[1]!);
    expect(own!.aborted).toBe(true);
  });
});
