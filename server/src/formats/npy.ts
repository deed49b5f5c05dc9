/**
 * The header of a `.npy` array: a Python dict literal behind a magic string.
 * Source: NumPy 2.4 `numpy/lib/format.py`, format versions 1.0, 2.0 and 3.0.
 */
import { DTYPE_BYTES, type DType } from '../core/dtype.ts';
import { MAX_NPY_HEADER_BYTES, MAX_TENSOR_RANK } from '../core/limits.ts';
import { sizeOf } from '../core/tensor.ts';
import { corrupt, refuse } from './corrupt.ts';

export interface NpyHeader {
  readonly dtype: DType;
  /** As declared; with `fortran_order` the first axis varies fastest. */
  readonly shape: readonly number[];
  readonly fortran_order: boolean;
  /** Offset of the first element from the start of the array file. */
  readonly dataOffset: number;
  /** Bytes of all elements. */
  readonly length: number;
}

/** Bytes at the start of an array file that are enough for `readNpyHeader`. */
export const NPY_HEADER_WINDOW = MAX_NPY_HEADER_BYTES + 12;

const MAGIC = '\x93NUMPY';
const DTYPES: ReadonlyMap<string, DType> = new Map<string, DType>([
  ['<f4', 'float32'],
  ['<f8', 'float64'],
  ['<f2', 'float16'],
  ['<i8', 'int64'],
  ['<i4', 'int32'],
  ['<i2', 'int16'],
  ['|i1', 'int8'],
  ['|u1', 'uint8'],
  ['|b1', 'bool'],
]);

/**
 * Reads the header of an array file of `size` bytes from its first bytes.
 * @throws corrupt-file for a malformed header or a shape that does not fill the file; unsafe-file for object arrays,
 * which are pickles; unsupported-dtype for other element types and big-endian data.
 */
export function readNpyHeader(bytes: Uint8Array, size: number, path: string): NpyHeader {
  const latin = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString('latin1');
  if (latin(0, 6) !== MAGIC || bytes.length < 12)
    corrupt(path, 'not a .npy array', JSON.stringify(latin(0, 6)), 'the magic string of NumPy');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6]!;
  if (major < 1 || major > 3) corrupt(path, 'format version', major, '1, 2 or 3');
  const start = major === 1 ? 10 : 12;
  const headerLength = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataOffset = start + headerLength;
  if (headerLength > MAX_NPY_HEADER_BYTES || dataOffset > size) {
    corrupt(path, 'array header length', headerLength, `at most ${Math.min(MAX_NPY_HEADER_BYTES, size - start)}`);
  }
  const { descr, fortran_order, shape } = parseDict(latin(start, dataOffset), path);
  const dtype = DTYPES.get(descr) ?? refuseDescr(descr, path);
  if (shape.length > MAX_TENSOR_RANK) corrupt(path, 'array rank', shape.length, `at most ${MAX_TENSOR_RANK}`);
  const length = sizeOf(shape) * DTYPE_BYTES[dtype];
  if (dataOffset + length !== size)
    corrupt(path, `shape [${shape}] of ${descr} does not fill the array`, size - dataOffset, length);
  return { dtype, shape, fortran_order, dataOffset, length };
}

/** Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, and nothing more of Python. */
function parseDict(text: string, path: string): { descr: string; fortran_order: boolean; shape: number[] } {
  const body = /^\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) corrupt(path, 'array header', text, 'a dict');
  const fields = new Map<string, string>();
  const item = /\s*'(\w+)'\s*:\s*('[^']*'|True|False|\([0-9, ]*\)|\[[^\]]*\])\s*(?:,|$)/y;
  while (item.lastIndex < body.trimEnd().length) {
    const at = item.lastIndex;
    const [, name, value] = item.exec(body) ?? corrupt(path, 'array header', body.slice(at), "'name': value");
    if (fields.has(name!)) corrupt(path, 'array header', `'${name}' twice`, 'distinct names');
    fields.set(name!, value!);
  }
  const descr = fields.get('descr') ?? '';
  const order = fields.get('fortran_order') ?? '';
  const dims = /^\((.*)\)$/.exec(fields.get('shape') ?? '')?.[1];
  const valid = dims !== undefined && /^(?:|\d+, *|\d+(?:, *\d+)+,?) *$/.test(dims);
  if (fields.size !== 3 || !/^['[]/.test(descr) || !/^[TF]/.test(order) || !valid) {
    corrupt(path, 'array header', body, 'descr, fortran_order and shape');
  }
  const shape = (dims.match(/\d+/g) ?? []).map(Number);
  if (!shape.every(Number.isSafeInteger)) corrupt(path, 'array shape', dims, 'whole numbers below 2^53');
  return { descr: descr.startsWith("'") ? descr.slice(1, -1) : descr, fortran_order: order === 'True', shape };
}

function refuseDescr(found: string, path: string): never {
  if (/^[|<>=]?O/.test(found)) {
    const remedy = 'An object array is a pickle, which could run code: save plain arrays.';
    refuse('unsafe-file', {
      path,
      problem: 'element type',
      found: `objects ("${found}")`,
      expected: 'numbers',
      remedy,
    });
  }
  const remedy = 'Convert with x.astype(numpy.float32) and save again.';
  refuse('unsupported-dtype', {
    path,
    problem: 'element type',
    found,
    expected: [...DTYPES.keys()].join(', '),
    remedy,
  });
}
