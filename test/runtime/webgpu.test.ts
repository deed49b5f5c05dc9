/** Run by the vitest project `webgpu`, which gives the environment for a GPU or SwiftShader. */
import { describe, expect, test } from 'vitest';
import { numberToHalf } from '../../server/src/core/dtype.ts';
import { float32, int64 } from '../../server/src/core/tensor.ts';
import { chooseDevice, probeDevice } from '../../server/src/runtime/devices.ts';
import { node, productProgram, program } from '../support/programs.ts';
import { sharedRunner } from '../support/runner.ts';

describe('the WebGPU device', () => {
  const runner = sharedRunner('webgpu');

  test('multiplies as the CPU does', async () => {
    const a = float32(
      [3, 4],
      Float32Array.from({ length: 12 }, (_, i) => i / 3 - 2),
    );
    const b = float32(
      [4, 3],
      Float32Array.from({ length: 12 }, (_, i) => 1 - i / 5),
    );
    const session = await runner().open(productProgram(), { weights: 'packed' });
    const { c } = await runner().run(session, { a, b }, ['c']);
    const at = (i: number, j: number) =>
      [0, 1, 2, 3].reduce((sum, k) => sum + a.data[i * 4 + k]! * b.data[k * 3 + j]!, 0);
    const worst = [...c!.data].map((x, n) => Math.abs(Number(x) - at(Math.floor(n / 3), n % 3)));
    expect(Math.max(...worst)).toBeLessThan(1e-5);
  });

  test('takes int64 ids and half-precision weights that pass through a Cast', async () => {
    const rows = Uint16Array.from([1, -2, 0.5, 4], numberToHalf);
    const gather = program('gather', {
      nodes: [node('Cast', ['W'], ['w'], { to: { kind: 'int', value: 1 } }), node('Gather', ['w', 'ids'], ['y'])],
      inputs: [['ids', 'int64', ['n']]],
      outputs: [['y', 'float32', ['n', 2]]],
      initializers: [{ name: 'W', dtype: 'float16', shape: [2, 2], data: new Uint8Array(rows.buffer) }],
    });
    const session = await runner().open(gather, { weights: 'mapped' });
    const { y } = await runner().run(session, { ids: int64([3], [1, 0, 1]) }, ['y']);
    expect(y).toEqual(float32([3, 2], [0.5, 4, 1, -2, 0.5, 4]));
  });
});

test('the trial product passes, and auto leaves a software adapter alone', async () => {
  const report = await probeDevice('webgpu');
  expect(report).toMatchObject({ device: 'webgpu', works: true });
  expect(report.error).toBeLessThan(2e-4);
  const choice = await chooseDevice('auto');
  if (report.software) {
    expect(report.detail).toContain('software adapter');
    expect(choice.device).not.toBe('webgpu');
  } else expect(choice.device).not.toBe('cpu');
  expect(await chooseDevice('webgpu')).toMatchObject({ device: 'webgpu', reason: 'asked for' });
});
