/** Which parts stay open when not all fit. */
import { expect, test } from 'vitest';
import { type Part, type Residency, residency } from '../../server/src/engine/residency.ts';

const part = (digest: string, bytes = 40): Part => ({ digest, bytes });
const [A, B, C] = ['a', 'b', 'c'].map((digest) => part(digest)) as [Part, Part, Part];

/** A budget for two parts of 40 bytes, and what was evicted so far. */
function rig(budget = 100): { open: Residency; evicted: string[]; touch(...parts: Part[]): Promise<void> } {
  const evicted: string[] = [];
  const open = residency(budget, async (digest) => void evicted.push(digest));
  return { open, evicted, touch: (...parts) => open.use(parts, async () => undefined) };
}

test('what fits stays', async () => {
  const { open, evicted, touch } = rig();
  await touch(A, B);
  await touch(A);
  expect(evicted).toEqual([]);
  expect(open.usage()).toEqual({ parts: 2, bytes: 80, evictions: 0 });
});

test('the least recently used leaves first, before the work begins', async () => {
  const { open, evicted, touch } = rig();
  await touch(A);
  await touch(B);
  await touch(A);
  const seen = await open.use([C], async () => [...evicted]);
  expect(seen).toEqual(['b']);
  expect(open.usage()).toEqual({ parts: 2, bytes: 80, evictions: 1 });
});

test('one that left is opened again by its next use', async () => {
  const { evicted, touch } = rig();
  for (const used of [A, B, C, A]) await touch(used);
  expect(evicted).toEqual(['a', 'b']);
});

test('one in use is never evicted, though the rest does not fit; when it is idle again it may be', async () => {
  const { open, evicted, touch } = rig(50);
  let end: () => void = () => undefined;
  const working = open.use([A], () => new Promise<void>((resolve) => (end = resolve)));
  await touch(B);
  expect(evicted).toEqual([]);
  expect(open.usage().bytes).toBe(80);
  end();
  await working;
  await touch(B);
  expect(evicted).toEqual(['a']);
});

test('two works on one part keep it until both have ended, and a failed one lets go too', async () => {
  const { open, evicted, touch } = rig(50);
  const ends: (() => void)[] = [];
  const works = [0, 1].map(() => open.use([A], () => new Promise<void>((resolve) => ends.push(resolve))));
  await expect.poll(() => ends.length).toBe(2);
  ends[0]!();
  await works[0];
  await touch(B);
  expect(evicted).toEqual([]);
  ends[1]!();
  await works[1];
  await expect(open.use([A], () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  await touch(C);
  expect(evicted).toEqual(['b', 'a']);
});

test('what was unloaded is not counted, nor evicted later', async () => {
  const { open, evicted, touch } = rig();
  await touch(A, B);
  open.remove('a');
  await touch(C);
  expect(evicted).toEqual([]);
  expect(open.usage().bytes).toBe(80);
});

test('a single part beyond the budget is used all the same, and leaves at the next use of another', async () => {
  const { evicted, touch } = rig();
  await touch(part('large', 500));
  expect(evicted).toEqual([]);
  await touch(A);
  expect(evicted).toEqual(['large']);
});
