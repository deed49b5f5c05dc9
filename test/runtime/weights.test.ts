import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { numberToHalf } from '../../server/src/core/dtype.ts';
import type { OpenOptions, Program } from '../../server/src/core/runner.ts';
import { float32 } from '../../server/src/core/tensor.ts';
import { node, program } from '../support/programs.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
const HEADER = 72; // Where a safetensors file's data starts: a multiple of 8, no more.
const SIZE = 2048;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sonde-weights-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SMALL = Float32Array.from({ length: 12 }, (_, i) => i - 5.5);
const X = float32([1, 4], [1, -2, 3, 0.5]);
const EXPECTED = [0, 1, 2].map((j) => [0, 1, 2, 3].reduce((sum, i) => sum + X.data[i]! * SMALL[i * 3 + j]!, 0));

/** `y = x·W` with W [4, 3] of a dtype in a file, below `folder`; half types pass through a Cast. */
function fromFile(location: string, dtype: 'float32' | 'float16' | 'bfloat16', length: number): Program {
  return program(`weights ${location}`, {
    folder,
    nodes: [node('Cast', ['W'], ['w'], { to: { kind: 'int', value: 1 } }), node('MatMul', ['x', 'w'], ['y'])],
    inputs: [['x', 'float32', ['n', 4]]],
    outputs: [['y', 'float32', ['n', 3]]],
    initializers: [{ name: 'W', dtype, shape: [4, 3], data: { location, offset: HEADER, length } }],
  });
}

function write(path: string, data: Float32Array | Uint16Array): void {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  writeFileSync(join(folder, path), Buffer.concat([Buffer.alloc(HEADER, 0xff), bytes, Buffer.alloc(16, 0xff)]));
}

async function product(from: Program, options: OpenOptions): Promise<number[]> {
  const session = await runner().open(from, options);
  const { y } = await runner().run(session, { x: X }, ['y']);
  await runner().close(session);
  return [...y!.data].map(Number);
}

const bfloat16 = Uint16Array.from(new Uint32Array(SMALL.buffer), (bits) => bits >>> 16);

test.each([
  ['float32', SMALL],
  ['float16', Uint16Array.from(SMALL, numberToHalf)],
  ['bfloat16', bfloat16],
] as const)('%s weights in a file below the folder, packed and mapped, multiply alike', async (dtype, data) => {
  mkdirSync(join(folder, 'a'), { recursive: true });
  write(`a/${dtype}.safetensors`, data);
  const from = fromFile(`a/${dtype}.safetensors`, dtype, data.byteLength);
  expect(await product(from, { weights: 'packed' })).toEqual(EXPECTED);
  expect(await product(from, { weights: 'mapped' })).toEqual(EXPECTED);
});

test('a weight file reached through a link that leaves its folder is read', async () => {
  mkdirSync(join(folder, 'blobs'), { recursive: true });
  mkdirSync(join(folder, 'snapshot'), { recursive: true });
  write('blobs/0123', SMALL);
  symlinkSync('../blobs/0123', join(folder, 'snapshot/model.safetensors'));
  expect(await product(fromFile('snapshot/model.safetensors', 'float32', 48), { weights: 'mapped' })).toEqual(EXPECTED);
});

test('a truncated weight file is corrupt and an absent one is not found', async () => {
  write('short.safetensors', SMALL);
  truncateSync(join(folder, 'short.safetensors'), HEADER + 40);
  const short = runner().open(fromFile('short.safetensors', 'float32', 48), { weights: 'mapped' });
  await expect(short).rejects.toMatchObject({
    kind: 'corrupt-file',
    message: expect.stringContaining('weights short'),
  });
  const absent = runner().open(fromFile('absent.safetensors', 'float32', 48), { weights: 'mapped' });
  await expect(absent).rejects.toMatchObject({ kind: 'file-not-found', message: expect.stringContaining('absent') });
});

test('packed weights are anonymous memory of the process, mapped ones are not', async () => {
  const weights = Float32Array.from({ length: SIZE * SIZE }, (_, i) => Math.sin(i));
  write('large.safetensors', weights);
  const large = program('large', {
    folder,
    nodes: [node('MatMul', ['x', 'W'], ['y'])],
    inputs: [['x', 'float32', ['n', SIZE]]],
    outputs: [['y', 'float32', ['n', SIZE]]],
    initializers: [
      {
        name: 'W',
        dtype: 'float32',
        shape: [SIZE, SIZE],
        data: { location: 'large.safetensors', offset: HEADER, length: weights.byteLength },
      },
    ],
  });
  const before = await runner().memory();
  const mapped = await runner().open(large, { weights: 'mapped' });
  const withMapped = await runner().memory();
  await runner().open(large, { weights: 'packed' });
  const withPacked = await runner().memory();
  expect(withPacked.rss).toBeGreaterThan(before.rss);
  if (process.platform === 'linux') {
    expect(withMapped.anonymous! - before.anonymous!).toBeLessThan(weights.byteLength / 4);
    expect(withPacked.anonymous! - withMapped.anonymous!).toBeGreaterThan(weights.byteLength / 2);
  }
  const x = float32([1, SIZE], new Float32Array(SIZE).fill(1));
  const { y } = await runner().run(mapped, { x }, ['y']);
  expect(y!.data).toHaveLength(SIZE);
});
