/** Tensors that stay in the runtime process: replaced by every run, fed to the next, gone with the process. */
import { expect, test } from 'vitest';
import type { ResidentTensors } from '../../server/src/core/runner.ts';
import { float32 } from '../../server/src/core/tensor.ts';
import { node, program } from '../support/programs.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();

/** `sum = kept + x`, [n]. */
const SUM = program('sum', {
  nodes: [node('Add', ['kept', 'x'], ['sum'])],
  inputs: [
    ['kept', 'float32', ['n']],
    ['x', 'float32', ['n']],
  ],
  outputs: [['sum', 'float32', ['n']]],
});
const COPY = program('copy', {
  nodes: [node('Identity', ['in'], ['out'])],
  inputs: [['in', 'float32', ['n']]],
  outputs: [['out', 'float32', ['n']]],
});

async function rig() {
  const store = runner().newStore();
  const adding = await runner().open(SUM, { weights: 'packed', keeps: ['sum'] });
  const loading = await runner().open(COPY, { weights: 'mapped', keeps: ['out'] });
  const copying = await runner().open(COPY, { weights: 'mapped' });
  const step: ResidentTensors = { store, tensors: { kept: 'total' }, keep: { sum: 'total' } };
  return {
    store,
    load: (values: number[]) =>
      runner().run(loading, { in: float32([values.length], values) }, [], undefined, {
        store,
        tensors: {},
        keep: { out: 'total' },
      }),
    add: (values: number[]) => runner().run(adding, { x: float32([values.length], values) }, [], undefined, step),
    double: () => runner().run(adding, {}, [], undefined, { ...step, tensors: { kept: 'total', x: 'total' } }),
    read: async () => {
      const held = { store, tensors: { in: 'total' }, keep: {} };
      return [...(await runner().run(copying, {}, ['out'], undefined, held)).out!.data].map(Number);
    },
  };
}

test('every run replaces what it keeps, and reading changes nothing', async () => {
  const { load, add, read } = await rig();
  await load([1, 2]);
  await add([10, 20]);
  await add([100, 200]);
  expect(await read()).toEqual([111, 222]);
  expect(await read()).toEqual([111, 222]);
});

test('one tensor may feed several inputs', async () => {
  const { load, double, read } = await rig();
  await load([3, 4]);
  await double();
  expect(await read()).toEqual([6, 8]);
});

test('a failed run leaves them as they were', async () => {
  const { load, add, read } = await rig();
  await load([1, 2]);
  await expect(add([1, 2, 3])).rejects.toMatchObject({ kind: 'invalid-params' });
  expect(await read()).toEqual([1, 2]);
});

test('two stores do not mix', async () => {
  const [one, two] = [await rig(), await rig()];
  await one.load([1]);
  await two.load([5]);
  await one.add([1]);
  expect([await one.read(), await two.read()]).toEqual([[2], [5]]);
});

test.each(['was never loaded', 'was dropped', 'died with its process'])('a store that %s is stale', async (how) => {
  const { store, load, add, read } = await rig();
  if (how !== 'was never loaded') await load([1]);
  if (how === 'was dropped') await runner().dropStore(store);
  if (how === 'died with its process') {
    const before = runner().restarts();
    process.kill(runner().pid(), 'SIGKILL');
    await expect.poll(() => runner().restarts()).toBe(before + 1);
  }
  for (const use of [() => add([1]), read]) {
    await expect(use()).rejects.toMatchObject({ kind: 'stale', data: { expected: 'total' } });
  }
});
