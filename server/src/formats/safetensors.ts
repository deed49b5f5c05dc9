/**
 * The safetensors format: header to byte ranges, and tensors to bytes.
 * Checks everything the reference implementation checks, so that a range taken from a header can be mapped blindly.
 * Deliberately absent: reading tensor data; ranges are mapped in place.
 * Source: huggingface/safetensors 0.8.0, README "Format" and `safetensors/src/tensor.rs`.
 */
import { z } from 'zod';
import { DTYPE_BYTES, type DType } from '../core/dtype.ts';
import { fault, SondeError } from '../core/errors.ts';
import { MAX_SAFETENSORS_HEADER_BYTES, MAX_TENSOR_RANK } from '../core/limits.ts';
import { type FileTensor, sizeOf, type Tensor } from '../core/tensor.ts';
import type { ByteReader } from './byte-reader.ts';
import { corrupt, describe, refuse } from './corrupt.ts';
import { parseShape } from './json.ts';
import { findJsonProblem } from './json-scan.ts';

export interface SafetensorsEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** First byte in the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

export interface SafetensorsHeader {
  /** By name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  /** Free text of `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
}

const DTYPES: ReadonlyMap<string, DType> = new Map<string, DType>([
  ['F32', 'float32'],
  ['F64', 'float64'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);
const NAMES = new Map([...DTYPES].map(([name, dtype]) => [dtype, name]));
const METADATA = '__metadata__';
const PREFIX_BYTES = 8;

const dimension = z.int().nonnegative();
const tensorSchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(dimension).max(MAX_TENSOR_RANK),
  data_offsets: z.tuple([dimension, dimension]),
});

/**
 * Reads and checks the header of a safetensors file.
 * @throws corrupt-file for a bad length prefix, JSON, shape or byte range, repeated names, and overlapping or missing
 * bytes; unsupported-dtype for an element type outside core/dtype; too-large for a header above the limit.
 */
export function readSafetensorsHeader(reader: ByteReader): SafetensorsHeader {
  const { path, size } = reader;
  const { text, dataStart } = headerText(reader);
  const problem = findJsonProblem(text);
  if (problem)
    corrupt(path, `header is not valid JSON at byte ${problem.offset + PREFIX_BYTES}`, problem.found, problem.expected);
  const entries = Object.entries(JSON.parse(text) as Record<string, unknown>);
  const metadata = entries.find(([name]) => name === METADATA)?.[1] ?? {};
  const tensors = entries
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => [name, readEntry(value, `${path} (tensor "${describe(name)}")`, dataStart)] as const);
  tensors.sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length);

  let end = dataStart;
  for (const [name, { offset, length }] of tensors) {
    if (offset !== end)
      corrupt(path, `bytes of tensor "${describe(name)}" leave a hole or overlap`, `start ${offset}`, `start ${end}`);
    end = offset + length;
  }
  if (end !== size) corrupt(path, 'the file does not end where its last tensor ends', `${size} bytes`, `${end} bytes`);
  return {
    tensors: new Map(tensors),
    metadata: new Map(Object.entries(parseShape(z.record(z.string(), z.string()), metadata, `${path} (${METADATA})`))),
  };
}

/** The header entry as the reference to a tensor in the file at `path`, an absolute path. */
export function fileTensor(entry: SafetensorsEntry, path: string): FileTensor {
  return { kind: 'file', path, ...entry };
}

/**
 * Writes tensors in the safetensors format. Larger elements come first, then names in code unit order, as the
 * reference writer does, so that every tensor is aligned to its element; the header is padded to 8 bytes with spaces.
 * @throws invalid-params for a tensor named `__metadata__`.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = [...tensors].sort(([a, x], [b, y]) => DTYPE_BYTES[y.dtype] - DTYPE_BYTES[x.dtype] || (a < b ? -1 : 1));
  const fields = Object.keys(metadata).length === 0 ? [] : [`"${METADATA}":${JSON.stringify(metadata)}`];
  let length = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    if (name === METADATA)
      throw new SondeError('invalid-params', `"${METADATA}" is reserved; give the tensor another name.`);
    if (sizeOf(shape) !== data.length) fault(`tensor ${name} of shape [${shape}] has ${data.length} elements`);
    const data_offsets = [length, length + data.byteLength];
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype: NAMES.get(dtype), shape, data_offsets })}`);
    length += data.byteLength;
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerLength = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(PREFIX_BYTES + headerLength + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.set(json, PREFIX_BYTES);
  file.fill(0x20, PREFIX_BYTES + json.length, PREFIX_BYTES + headerLength);
  let at = PREFIX_BYTES + headerLength;
  for (const [, { data }] of sorted) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

function headerText(reader: ByteReader): { text: string; dataStart: number } {
  const { path, size } = reader;
  if (size < PREFIX_BYTES)
    corrupt(path, 'too short for a safetensors file', `${size} bytes`, `at least ${PREFIX_BYTES}`);
  const prefix = reader.read(0, PREFIX_BYTES);
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > BigInt(size - PREFIX_BYTES)) {
    corrupt(path, 'the header length leaves the file', `${length} bytes`, `at most ${size - PREFIX_BYTES}`);
  }
  if (length > BigInt(MAX_SAFETENSORS_HEADER_BYTES)) {
    const expected = `at most ${MAX_SAFETENSORS_HEADER_BYTES}`;
    refuse('too-large', { path, problem: 'the header is too long', found: `${length} bytes`, expected });
  }
  const bytes = reader.read(PREFIX_BYTES, Number(length));
  if (bytes[0] !== 0x7b) corrupt(path, 'the header does not start an object', bytes[0], 'the byte of "{"');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, dataStart: PREFIX_BYTES + Number(length) };
  } catch (cause) {
    corrupt(path, 'the header has a wrong encoding', 'invalid bytes', 'UTF-8', cause);
  }
}

function readEntry(value: unknown, where: string, dataStart: number): SafetensorsEntry {
  const { dtype: name, shape, data_offsets } = parseShape(tensorSchema, value, where);
  const dtype = DTYPES.get(name);
  if (dtype === undefined) {
    const remedy = 'Convert the tensor to one of those.';
    const expected = [...DTYPES.keys()].join(', ');
    refuse('unsupported-dtype', { path: where, problem: 'element type', found: name, expected, remedy });
  }
  const [start, end] = data_offsets;
  const length = sizeOf(shape) * DTYPE_BYTES[dtype];
  if (end - start !== length)
    corrupt(where, `shape [${shape}] of ${name} does not fill its range`, `${end - start} bytes`, `${length} bytes`);
  return { dtype, shape, offset: dataStart + start, length };
}
