/** Tensors beside messages: what is put is taken out, small or not, and a message that is too large goes as before. */
import { expect, test } from 'vitest';
import { allocate } from '../../server/src/core/dtype.ts';
import { float32, int64, type Tensor } from '../../server/src/core/tensor.ts';
import { closeTensorFile, openTensorFile, tensorFile } from '../../server/src/runtime/tensor-file.ts';

const ramp = (length: number): Tensor =>
  float32(
    [length],
    Float32Array.from({ length }, (_, i) => i - 0.5),
  );

/** Bytes compared as such: a matcher would walk millions of elements. */
const same = (a: Tensor, b: Tensor): boolean =>
  a.dtype === b.dtype && String(a.shape) === String(b.shape) && Buffer.compare(bytes(a), bytes(b)) === 0;
const bytes = ({ data }: Tensor): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

test.runIf(process.platform === 'linux')(
  'large tensors lie in the file, small ones and what does not fit do not',
  () => {
    const descriptor = openTensorFile();
    expect(descriptor).not.toBeNull();
    const [one, other] = [tensorFile(descriptor), tensorFile(descriptor)];
    const tensors = {
      large: ramp(100_000),
      small: int64([3], [1, 2, 3]),
      half: { dtype: 'float16', shape: [2, 40_000], data: allocate('float16', 80_000).fill(0x3c00) },
      // The middle of a buffer: its own bytes travel, not its neighbours'.
      part: float32([20_000], new Float32Array(30_000).fill(7).subarray(5000, 25_000)),
      huge: { dtype: 'uint8', shape: [2 ** 25], data: new Uint8Array(2 ** 25) },
    } satisfies Record<string, Tensor>;
    const sent = one.put(tensors);
    expect(Object.keys(sent)).toEqual(Object.keys(tensors));
    expect(Object.entries(sent).flatMap(([name, tensor]) => ('at' in tensor ? [name] : []))).toEqual([
      'large',
      'half',
      'part',
    ]);
    const taken = other.take(structuredClone(sent));
    for (const [name, tensor] of Object.entries(tensors)) expect(same(taken[name]!, tensor), name).toBe(true);
    // The next message overwrites the file, not what was taken.
    other.put({ large: ramp(100_000) });
    expect(same(taken.part!, tensors.part)).toBe(true);
    closeTensorFile(descriptor);
  },
);

test('without a file everything stays in the message', () => {
  const file = tensorFile(null);
  const tensors = { large: ramp(100_000) };
  expect(file.put(tensors)).toEqual(tensors);
  expect(file.take(tensors)).toEqual(tensors);
  closeTensorFile(null);
});
