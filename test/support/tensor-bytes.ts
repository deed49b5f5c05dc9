/** Values of a tensor wherever its bytes are, and the check that a file range is really inside its file. */
import { expect } from 'vitest';
import { DTYPE_BYTES, toFloat32, viewBytes } from '../../server/src/core/dtype.ts';
import { sizeOf, type TensorSource } from '../../server/src/core/tensor.ts';
import type { ByteReader } from '../../server/src/formats/byte-reader.ts';

/** All elements as numbers, row-major; half types are widened. */
export function valuesOf(reader: ByteReader, source: TensorSource): number[] {
  const data =
    source.kind === 'memory' ? source.data : viewBytes(source.dtype, reader.read(source.offset, source.length));
  const half = source.dtype === 'float16' || source.dtype === 'bfloat16';
  return half ? [...toFloat32(source.dtype, data)] : Array.from(data, Number);
}

/** What is wrong with a source: its bytes do not fill its shape, or lie outside the file; null when nothing is. */
export function problemOf(reader: ByteReader, source: TensorSource): string | null {
  const bytes = sizeOf(source.shape) * DTYPE_BYTES[source.dtype];
  const length = source.kind === 'memory' ? source.data.byteLength : source.length;
  if (length !== bytes) return `shape [${source.shape}] of ${source.dtype} has ${length} bytes`;
  if (source.kind === 'memory') return null;
  const inside = source.offset >= 0 && source.offset + length <= reader.size;
  return inside ? null : `bytes ${source.offset} + ${length} of ${reader.size}`;
}

/** Asserts that the source's bytes fill its shape and lie inside the file. */
export function expectSound(reader: ByteReader, source: TensorSource): void {
  expect(problemOf(reader, source)).toBeNull();
}
