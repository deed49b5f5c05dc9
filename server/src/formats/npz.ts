/** NumPy `.npz` archives: named arrays, used in place where they are stored uncompressed in row-major order. */
import { viewBytes } from '../core/dtype.ts';
import { sizeOf, type TensorSource } from '../core/tensor.ts';
import type { ByteReader } from './byte-reader.ts';
import { NPY_HEADER_WINDOW, type NpyHeader, readNpyHeader } from './npy.ts';
import { gather, rowMajorStrides } from './strided.ts';
import { readEntry, readZipDirectory, type ZipEntry } from './zip.ts';

const SUFFIX = '.npy';

/**
 * Every array of an archive by name, without the `.npy` suffix; entries without the suffix are no arrays.
 * Stored row-major arrays refer to the file; deflated and fortran-order ones are copied into memory.
 * @throws corrupt-file, unsafe-file, unsupported-dtype, unsupported-format, too-large: see `zip.ts` and `npy.ts`.
 */
export function readNpz(reader: ByteReader): ReadonlyMap<string, TensorSource> {
  const tensors = new Map<string, TensorSource>();
  for (const [name, entry] of readZipDirectory(reader)) {
    if (name.endsWith(SUFFIX)) tensors.set(name.slice(0, -SUFFIX.length), readArray(reader, entry));
  }
  return tensors;
}

function readArray(reader: ByteReader, entry: ZipEntry): TensorSource {
  const where = `${reader.path} (${entry.name})`;
  if (entry.method === 'stored') {
    const start = reader.read(entry.dataOffset, Math.min(entry.size, NPY_HEADER_WINDOW));
    const header = readNpyHeader(start, entry.size, where);
    const { dtype, shape, length } = header;
    const offset = entry.dataOffset + header.dataOffset;
    if (isInPlace(header)) return { kind: 'file', dtype, shape, path: reader.path, offset, length };
  }
  const bytes = readEntry(reader, entry);
  const header = readNpyHeader(bytes, entry.size, where);
  const { dtype, shape } = header;
  const data = viewBytes(dtype, bytes.subarray(header.dataOffset));
  if (isInPlace(header)) return { kind: 'memory', dtype, shape, data };
  const strides = rowMajorStrides([...shape].reverse()).reverse();
  return { kind: 'memory', dtype, shape, data: gather(dtype, data, { offset: 0, shape, strides }) };
}

/** Fortran order is row-major too when at most one axis is longer than 1. */
function isInPlace({ shape, fortran_order }: NpyHeader): boolean {
  return !fortran_order || sizeOf(shape) === 0 || shape.filter((dim) => dim > 1).length <= 1;
}
