/** A weight file's tensors by name, taken with a check of shape and dtype, so that loaders say only what they need. */
import { createHash, type Hash } from 'node:crypto';
import { type DType, toFloat32, viewBytes } from '../../core/dtype.ts';
import { nearest, SondeError } from '../../core/errors.ts';
import { sizeOf, type TensorSource } from '../../core/tensor.ts';
import { withFile } from '../../files/file-reader.ts';
import { readNpz } from '../../formats/npz.ts';
import { fileTensor, readSafetensorsHeader } from '../../formats/safetensors.ts';
import { isTensorSource, readTorchStateDict, type StateValue } from '../../formats/torch-zip.ts';
import { readBytes } from './matrices.ts';

const COMPUTED: readonly DType[] = ['float32', 'float16', 'bfloat16'];
const SAMPLE_BYTES = 512;

export interface WeightFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorSource>;
  /** Plain values of a pickled state dict, by name; empty for other formats. */
  readonly values: ReadonlyMap<string, StateValue>;
}

/** Reads a safetensors header. */
export function openSafetensors(path: string): WeightFile {
  return withFile(path, (reader) => ({
    path: reader.path,
    tensors: new Map(
      [...readSafetensorsHeader(reader).tensors].map(([name, entry]) => [name, fileTensor(entry, reader.path)]),
    ),
    values: new Map(),
  }));
}

/** Reads an npz directory. */
export function openNpz(path: string): WeightFile {
  return withFile(path, (reader) => ({ path: reader.path, tensors: readNpz(reader), values: new Map() }));
}

/** Reads a pickled state dict; executes nothing. */
export function openTorch(path: string): WeightFile {
  return withFile(path, (reader) => {
    const entries = [...readTorchStateDict(reader)];
    const tensors = entries.flatMap(([name, value]) => (isTensorSource(value) ? [[name, value] as const] : []));
    const values = entries.filter(([, value]) => !isTensorSource(value));
    return { path: reader.path, tensors: new Map(tensors), values: new Map(values) };
  });
}

/**
 * Takes a tensor that must be there with this shape.
 * @throws missing-tensor naming the nearest ones; shape-mismatch; unsupported-dtype.
 */
export function take(file: WeightFile, name: string, shape: readonly number[]): TensorSource {
  const source = file.tensors.get(name);
  if (source === undefined) {
    const found = nearest(name, file.tensors.keys());
    throw new SondeError(
      'missing-tensor',
      `${file.path} has no tensor ${name}, which this kind of dictionary needs; it has ${found.join(', ') || 'none'}.`,
      { path: file.path, found: [...file.tensors.keys()], expected: name },
    );
  }
  checkShape(file, name, source.shape, shape);
  if (!COMPUTED.includes(source.dtype)) {
    throw new SondeError(
      'unsupported-dtype',
      `${file.path}: tensor ${name} is ${source.dtype}; expected ${COMPUTED.join(', ')}. Convert the file.`,
      { path: file.path, tensor: name, found: source.dtype, expected: COMPUTED },
    );
  }
  return source;
}

/** Takes a tensor if it is stored. */
export function takeOptional(file: WeightFile, name: string, shape: readonly number[]): TensorSource | null {
  return file.tensors.has(name) ? take(file, name, shape) : null;
}

/** Reads a small tensor of any numeric dtype whole, as float32. */
export function readVector(file: WeightFile, name: string, shape: readonly number[]): Float32Array {
  const source = file.tensors.get(name);
  if (source === undefined) take(file, name, shape);
  checkShape(file, name, source!.shape, shape);
  return toFloat32(
    source!.dtype,
    source!.kind === 'memory' ? source!.data : viewBytes(source!.dtype, readBytes(source!)),
  );
}

/** The shape of a matrix that dimensions are read from. @throws missing-tensor; shape-mismatch. */
export function matrixShape(file: WeightFile, name: string): readonly [number, number] {
  const source = file.tensors.get(name) ?? take(file, name, [0, 0]);
  if (source.shape.length !== 2 || sizeOf(source.shape) === 0) wrongShape(file, name, source.shape, 'a matrix');
  return [source.shape[0]!, source.shape[1]!];
}

/** sha256 hex over a config text and, per tensor, name, dtype, shape and a little of its data. */
export function digestOf(configText: string, file: WeightFile): string {
  const hash = createHash('sha256').update(configText);
  for (const [name, source] of [...file.tensors].sort(([a], [b]) => (a < b ? -1 : 1))) sample(hash, name, source);
  return hash.digest('hex');
}

function sample(hash: Hash, name: string, source: TensorSource): void {
  hash.update(JSON.stringify([name, source.dtype, source.shape]));
  const bytes = source.kind === 'memory' ? source.data.byteLength : source.length;
  const length = Math.min(bytes, SAMPLE_BYTES);
  hash.update(readBytes(source, Math.floor((bytes - length) / 2), length));
}

function checkShape(file: WeightFile, name: string, found: readonly number[], expected: readonly number[]): void {
  if (String(found) !== String(expected)) wrongShape(file, name, found, `[${expected}]`);
}

function wrongShape(file: WeightFile, name: string, found: readonly number[], expected: string): never {
  throw new SondeError(
    'shape-mismatch',
    `${file.path}: tensor ${name} has shape [${found}]; expected ${expected}. The config belongs to another file, or this is another format.`,
    { path: file.path, tensor: name, found, expected },
  );
}
