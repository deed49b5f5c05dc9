import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchIdleness } from '../../server/src/daemon/idleness.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** What a watch of `seconds` stopped with after each of these stretches: seconds, and who is there meanwhile. */
function stops(seconds: number, stretches: readonly (readonly [length: number, busy: number])[]): string[][] {
  let there = 0;
  const stopped: string[] = [];
  const timer = watchIdleness(
    seconds,
    () => there,
    (reason) => stopped.push(reason),
  );
  const after = stretches.map(([length, busy]) => {
    there = busy;
    vi.advanceTimersByTime(length * 1000);
    return stopped.splice(0).slice(0, 1);
  });
  clearInterval(timer);
  return after;
}

const ENDED = ['no client for 10 seconds'];

test('a daemon ends when nobody was there for the idle time, counted from its start or from the last client', () => {
  expect(
    stops(10, [
      [9, 0],
      [2, 0],
    ]),
  ).toEqual([[], ENDED]);
  expect(
    stops(10, [
      [9, 0],
      [2, 1],
      [9, 0],
      [3, 0],
    ]),
  ).toEqual([[], [], [], ENDED]);
});

test('one that is used never ends, however long', () => {
  expect(stops(10, [[10_000, 1]])).toEqual([[]]);
});

test('without an idle time nothing ends it', () => {
  expect(stops(0, [[100_000, 0]])).toEqual([[]]);
});
