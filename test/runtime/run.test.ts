import { describe, expect, test } from 'vitest';
import { allocate, type DType } from '../../server/src/core/dtype.ts';
import { float32, int64, type Tensor } from '../../server/src/core/tensor.ts';
import { launchRunner } from '../../server/src/runtime/process-runner.ts';
import { identityProgram, node, productProgram, program, slowProgram } from '../support/programs.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
const PACKED = { weights: 'packed' } as const;

function values(dtype: DType): Tensor {
  const data = allocate(dtype, 5);
  // 0x7e00 is a half-precision NaN and -1 an all-ones integer: bits must survive, not only numbers.
  const numbers =
    dtype === 'bool' ? [0, 1, 1, 0, 1] : dtype === 'float16' ? [0, 0x3c00, 0x7e00, 0xfc00, 1] : [0, 1, -1, 100, 3];
  for (let i = 0; i < 5; i++) data[i] = dtype === 'int64' ? BigInt(numbers[i]!) * 2n ** 40n : numbers[i]!;
  return { dtype, shape: [5], data } as Tensor;
}

describe('round trips', () => {
  const dtypes: DType[] = ['float32', 'float64', 'float16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'];
  test.each(dtypes)('%s comes back bit for bit', async (dtype) => {
    const session = await runner().open(identityProgram(dtype), PACKED);
    const x = values(dtype);
    const { y } = await runner().run(session, { x }, ['y']);
    expect(y).toEqual(x);
    expect(y!.data.constructor).toBe(x.data.constructor);
    await runner().close(session);
  });

  test('a view into a larger buffer sends its own elements only', async () => {
    const session = await runner().open(identityProgram('float32'), PACKED);
    const data = Float32Array.from([9, 1, 2, 9]).subarray(1, 3);
    const { y } = await runner().run(session, { x: float32([2], data) }, ['y']);
    expect(y).toEqual(float32([2], [1, 2]));
  });

  test('an empty tensor is valid', async () => {
    const session = await runner().open(identityProgram('float32'), PACKED);
    const { y } = await runner().run(session, { x: float32([0], []) }, ['y']);
    expect(y).toEqual(float32([0], []));
  });

  test('numbers below the normal range count as zero, since they would slow every sum', async () => {
    const session = await runner().open(productProgram(), PACKED);
    const ones = float32([4, 1], [1, 1, 1, 1]);
    const c = async (x: number): Promise<unknown> => {
      const a = float32([1, 4], [x, x, x, x]);
      return (await runner().run(session, { a, b: ones }, ['c'])).c!.data[0];
    };
    expect(await c(1e-39)).toBe(0);
    expect(await c(2 ** -126)).toBe(2 ** -124);
  });

  test('requests sent together are answered each with its own result, in order', async () => {
    const session = await runner().open(identityProgram('int64'), PACKED);
    const order: number[] = [];
    const runs = Array.from({ length: 50 }, async (_, i) => {
      const { y } = await runner().run(session, { x: int64([1], [i]) }, ['y']);
      order.push(i);
      return Number(y!.data[0]);
    });
    expect(await Promise.all(runs)).toEqual(order);
    expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});

describe('bad requests', () => {
  const a = float32([2, 4], new Float32Array(8));
  const b = float32([4, 2], new Float32Array(8));
  const cases: [string, Record<string, Tensor>, string[], RegExp][] = [
    ['an unknown feed', { a, bb: b }, ['c'], /no feed 'bb'.*nearest: (a, b|b, a)/],
    ['a missing feed', { a }, ['c'], /Feed 'b' is missing/],
    ['an unknown output', { a, b }, ['d'], /no output 'd'.*c/],
    ['no output', { a, b }, [], /No output was asked for.*c/],
    ['a wrong dtype', { a, b: int64([4, 2], new Array(8).fill(0)) }, ['c'], /'b' is int64; expected float32/],
    ['a wrong rank', { a: float32([8], new Float32Array(8)), b }, ['c'], /'a' has shape \[8\]; expected \[rows, 4\]/],
    [
      'a wrong fixed dimension',
      { a: float32([4, 2], new Float32Array(8)), b },
      ['c'],
      /\[4, 2\]; expected \[rows=4, 4\]/,
    ],
    [
      'two values of a symbol',
      { a, b: float32([4, 3], new Float32Array(12)) },
      ['c'],
      /'b' has shape \[4, 3\]; expected \[4, rows=2\]/,
    ],
    ['too few elements', { a: { ...a, data: new Float32Array(3) }, b }, ['c'], /\[2,4\] holds 3 elements/],
  ];
  test.each(cases)('%s is refused by name', async (_, feeds, fetches, message) => {
    const session = await runner().open(productProgram(), PACKED);
    const error = { kind: 'invalid-params', message: expect.stringMatching(message) };
    await expect(runner().run(session, feeds, fetches)).rejects.toMatchObject(error);
    const { c } = await runner().run(session, { a, b }, ['c']);
    expect(c!.shape).toEqual([2, 2]);
    await runner().close(session);
  });

  test('a result larger than memory is out of memory, and the next request works', async () => {
    const session = await runner().open(slowProgram(), PACKED);
    const x = float32([1, 1], [1]);
    const huge = runner().run(session, { x, shape: int64([2], [2 ** 24, 2 ** 24]) }, ['y']);
    await expect(huge).rejects.toMatchObject({ kind: 'out-of-memory' });
    const { y } = await runner().run(session, { x, shape: int64([2], [1, 1]) }, ['y']);
    expect(y).toEqual(float32([], [1]));
  });

  test('a program with an operator that does not exist is a fault that names the program', async () => {
    const broken = program('broken one', {
      nodes: [node('Frobnicate', ['x'], ['y'])],
      inputs: [['x', 'float32', [1]]],
      outputs: [['y', 'float32', [1]]],
    });
    await expect(runner().open(broken, PACKED)).rejects.toMatchObject({
      kind: 'fault',
      message: expect.stringMatching(/Opening broken one failed.*Frobnicate/),
    });
  });

  test('a closed session is refused', async () => {
    const session = await runner().open(productProgram(), PACKED);
    await runner().close(session);
    await expect(runner().run(session, { a, b }, ['c'])).rejects.toMatchObject({ kind: 'fault' });
    await expect(runner().close(session)).rejects.toMatchObject({ kind: 'fault' });
  });
});

describe('cancelling', () => {
  test('a signal that fired before is refused', async () => {
    const opening = runner().open(productProgram(), PACKED, AbortSignal.abort());
    await expect(opening).rejects.toMatchObject({ kind: 'cancelled' });
  });

  test('a queued request is dropped at once, the running one and the later one are not', async () => {
    const session = await runner().open(slowProgram(), PACKED);
    const feeds = { x: float32([1, 1], [1]), shape: int64([2], [256, 256]) };
    const controller = new AbortController();
    const settled: string[] = [];
    const note = (name: string) => () => void settled.push(name);
    const first = runner().run(session, feeds, ['y']).then(note('first'));
    const second = runner()
      .run(session, feeds, ['y'], controller.signal)
      .catch((error) => note(error.kind)());
    const third = runner().run(session, feeds, ['y']).then(note('third'));
    controller.abort();
    await Promise.all([first, second, third]);
    expect(settled).toEqual(['cancelled', 'first', 'third']);
  });
});

test('a call sent while the process still starts is answered', async () => {
  const { runner: launched, ready } = launchRunner({ device: 'cpu' });
  const session = await launched.open(identityProgram('int64'), PACKED);
  const { y } = await launched.run(session, { x: int64([1], [7]) }, ['y']);
  expect(Number(y!.data[0])).toBe(7);
  await ready;
  await launched.dispose();
});
