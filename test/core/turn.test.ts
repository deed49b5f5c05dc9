/** Pieces of work share a turn while it is young, however many they are. */
import { expect, test } from 'vitest';
import { breathe, inTurns, mapInTurns, type Pieces } from '../../server/src/core/turn.ts';

/** Holds the event loop. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Counts what others get done meanwhile. */
async function othersDuring(task: Promise<unknown>): Promise<number> {
  let others = 0;
  let counting: NodeJS.Immediate;
  const count = (): void => {
    others++;
    counting = setImmediate(count);
  };
  counting = setImmediate(count);
  await task;
  clearImmediate(counting);
  return others;
}

async function piece(milliseconds: number): Promise<void> {
  await breathe();
  work(milliseconds);
}

test('many tasks at once leave turns to others', async () => {
  expect(await othersDuring(Promise.all(Array.from({ length: 20 }, () => piece(6))))).toBeGreaterThan(10);
});

test('work in pieces does, and gives its result', async () => {
  function* pieces(): Pieces<string> {
    for (let i = 0; i < 10; i++) {
      work(6);
      yield;
    }
    return 'done';
  }
  const task = inTurns(pieces());
  expect(await othersDuring(task)).toBeGreaterThan(5);
  expect(await task).toBe('done');
});

test('a map does, and keeps the order', async () => {
  const task = mapInTurns([3, 1, 2], (item, index) => {
    work(6);
    return item * 10 + index;
  });
  expect(await othersDuring(task)).toBeGreaterThan(1);
  expect(await task).toEqual([30, 11, 22]);
});
