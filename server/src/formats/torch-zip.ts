/**
 * PyTorch's zip checkpoints (`torch.save` since 1.6): a pickle program `data.pkl` and raw storages under `data/`.
 * Tensors that are row-major in a stored entry are used in place; others are copied into memory.
 * Deliberately absent: TorchScript archives, the older format without zip, execution of anything.
 * Source: PyTorch 2.15 `torch/serialization.py`, `caffe2/serialize/inline_container.h`.
 */
import { DTYPE_BYTES, viewBytes } from '../core/dtype.ts';
import { SondeError } from '../core/errors.ts';
import { MAX_PICKLE_BYTES, MAX_PICKLE_DEPTH, MAX_PICKLE_OPERATIONS } from '../core/limits.ts';
import { sizeOf, type TensorSource } from '../core/tensor.ts';
import type { ByteReader } from './byte-reader.ts';
import { corrupt, refuse } from './corrupt.ts';
import { refuseUnsafe } from './pickle-globals.ts';
import { readPickledStateDict } from './pickle-state-dict.ts';
import type { PickleTensor, PickleValue } from './pickle-value.ts';
import { extentOf, gather, isRowMajor } from './strided.ts';
import { checkExpansion, readEntry, readZipDirectory, type ZipEntry } from './zip.ts';

/** A value of a state dict; sequences become arrays and dicts become maps. */
export type StateValue = null | boolean | number | string | TensorSource | readonly StateValue[] | StateDict;
export type StateDict = ReadonlyMap<string, StateValue>;

interface Archive {
  readonly reader: ByteReader;
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** Folder inside the archive, with its slash. */
  readonly root: string;
  readonly sources: Map<PickleTensor, TensorSource>;
  /** Contents of entries that had to be read. */
  readonly contents: Map<string, Uint8Array>;
  /** Values unfolded and bytes copied so far. */
  readonly spent: { values: number; bytes: number };
}

const PROGRAM = 'data.pkl';
const RESAVE = 'Load it in an environment you trust and save its state_dict with torch.save, or as safetensors.';

/**
 * Reads the state dict of a PyTorch checkpoint and executes nothing.
 * @throws unsafe-file for anything a state dict does not need; unsupported-format for files without zip, TorchScript
 * and big-endian data; corrupt-file; too-large when values or copies exceed the limits.
 */
export function readTorchStateDict(reader: ByteReader): StateDict {
  const { path } = reader;
  checkZip(reader);
  const entries = readZipDirectory(reader);
  const programs = [...entries.keys()].filter((name) => name.split('/').length === 2 && name.endsWith(`/${PROGRAM}`));
  const [program] = programs;
  if (program === undefined || programs.length > 1)
    corrupt(path, 'not a PyTorch checkpoint', `${programs.length} × ${PROGRAM}`, 'one');
  const root = program.slice(0, -PROGRAM.length);
  if (entries.has(`${root}constants.pkl`)) {
    refuse('unsupported-format', {
      path,
      problem: 'archive',
      found: 'TorchScript',
      expected: 'a state dict',
      remedy: RESAVE,
    });
  }
  const archive: Archive = {
    reader,
    entries,
    root,
    sources: new Map(),
    contents: new Map(),
    spent: { values: 0, bytes: 0 },
  };
  checkByteOrder(archive);
  const entry = entries.get(program)!;
  if (entry.size > MAX_PICKLE_BYTES) {
    const expected = `at most ${MAX_PICKLE_BYTES}`;
    refuse('too-large', { path, problem: PROGRAM, found: `${entry.size} bytes`, expected, remedy: RESAVE });
  }
  const dict = readPickledStateDict(readEntry(reader, entry), `${path} (${PROGRAM})`);
  return unfold(archive, dict, 0) as StateDict;
}

/** Whether a value of a state dict is a tensor. */
export function isTensorSource(value: StateValue | undefined): value is TensorSource {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

function checkZip(reader: ByteReader): void {
  const { path, size } = reader;
  const magic = reader.read(0, Math.min(size, 4));
  if (magic[0] === 0x50 && magic[1] === 0x4b) return;
  // 0x80 opens a pickle of protocol 2 or later: the format of PyTorch before 1.6.
  if (magic[0] !== 0x80) corrupt(path, 'not a PyTorch checkpoint', Buffer.from(magic).toString('hex'), 'a zip archive');
  refuse('unsupported-format', {
    path,
    problem: 'checkpoint',
    found: 'the format before PyTorch 1.6',
    expected: 'a zip archive',
    remedy: RESAVE,
  });
}

function checkByteOrder(archive: Archive): void {
  const entry = archive.entries.get(`${archive.root}byteorder`);
  if (entry === undefined) return;
  const { path } = archive.reader;
  const order = entry.size > 16 ? 'a long text' : Buffer.from(readEntry(archive.reader, entry)).toString('latin1');
  if (order === 'little') return;
  refuse('unsupported-format', { path, problem: 'byte order', found: order, expected: 'little', remedy: RESAVE });
}

/** Bounds values and depth: a program may refer to itself, or unfold to exponentially many values. */
function unfold(archive: Archive, value: PickleValue, depth: number): StateValue {
  const { reader, spent } = archive;
  if (depth > MAX_PICKLE_DEPTH || ++spent.values > MAX_PICKLE_OPERATIONS) {
    const expected = `at most ${MAX_PICKLE_DEPTH} levels and ${MAX_PICKLE_OPERATIONS} values`;
    refuse('too-large', { path: reader.path, problem: 'state dict', found: 'more', expected, remedy: RESAVE });
  }
  if (typeof value !== 'object' || value === null) return value;
  switch (value.kind) {
    case 'dict':
      return new Map([...value.entries].map(([key, item]) => [key, unfold(archive, item, depth + 1)]));
    case 'list':
    case 'tuple':
      return value.items.map((item) => unfold(archive, item, depth + 1));
    case 'tensor':
      return tensorSource(archive, value);
    default:
      return refuseUnsafe(reader.path, `a bare ${value.kind}`);
  }
}

function tensorSource(archive: Archive, tensor: PickleTensor): TensorSource {
  const known = archive.sources.get(tensor);
  if (known) return known;
  const { reader, entries, root, sources, spent } = archive;
  const { storage, shape, offset } = tensor;
  const { dtype, key } = storage;
  const elementBytes = DTYPE_BYTES[dtype];
  const entry = entries.get(`${root}data/${key}`);
  if (entry === undefined)
    throw new SondeError('missing-tensor', `${reader.path}: storage "${key}" is not in the archive.`, { key });
  if (entry.size !== storage.length * elementBytes) {
    corrupt(reader.path, `storage "${key}" of ${dtype}`, `${entry.size} bytes`, `${storage.length} elements`);
  }
  const extent = extentOf(tensor);
  if (!(extent <= storage.length))
    corrupt(reader.path, `a tensor leaves storage "${key}"`, `element ${extent}`, `at most ${storage.length}`);
  const length = sizeOf(shape) * elementBytes;
  const inPlace = isRowMajor(tensor) && entry.method === 'stored';
  if (!inPlace) {
    spent.bytes += length + (archive.contents.has(key) ? 0 : entry.size);
    checkExpansion(reader, spent.bytes);
  }
  const source: TensorSource = inPlace
    ? { kind: 'file', dtype, shape, path: reader.path, offset: entry.dataOffset + offset * elementBytes, length }
    : { kind: 'memory', dtype, shape, data: gather(dtype, viewBytes(dtype, content(archive, key, entry)), tensor) };
  sources.set(tensor, source);
  return source;
}

function content({ reader, contents }: Archive, key: string, entry: ZipEntry): Uint8Array {
  const bytes = contents.get(key) ?? readEntry(reader, entry);
  contents.set(key, bytes);
  return bytes;
}
