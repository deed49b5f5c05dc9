/** Matrices that are read once at load, piece by piece: row norms, and transposition where a file lies the other way. */
import { allocate, DTYPE_BYTES, toFloat32, viewBytes } from '../../core/dtype.ts';
import type { MemoryTensor, TensorSource } from '../../core/tensor.ts';
import type { Pieces } from '../../core/turn.ts';
import { withFile } from '../../files/file-reader.ts';

/** Bytes of a piece: a few milliseconds. */
const CHUNK_BYTES = 2 * 2 ** 20;
/** Side of the square tiles that a transposition works in, so that reads and writes both stay in the cache. */
const TILE = 64;
/** SAELens' clamp: a row of zeros gets this norm, so that dividing by it is safe. */
const MIN_NORM = 1e-8;

/** Bytes of a tensor, or a range of them. */
export function readBytes(source: TensorSource, start = 0, length = byteLength(source) - start): Uint8Array {
  if (source.kind === 'file') return withFile(source.path, (reader) => reader.read(source.offset + start, length));
  return new Uint8Array(source.data.buffer, source.data.byteOffset + start, length);
}

/** ‖row‖ of a matrix [rows, columns], at least 1e-8, summed in float64. */
export function* rowNorms(source: TensorSource): Pieces<Float32Array> {
  const [rows, columns] = source.shape as [number, number];
  const norms = new Float32Array(rows);
  for (const { bytes, first, count } of rowChunks(source, rows, columns)) {
    const values = toFloat32(source.dtype, viewBytes(source.dtype, bytes));
    for (let row = 0; row < count; row++) {
      norms[first + row] = Math.max(Math.sqrt(sumOfSquares(values, row * columns, (row + 1) * columns)), MIN_NORM);
    }
    yield;
  }
  return norms;
}

/** [rows, columns] → [columns, rows] in memory, in the stored dtype. */
export function* transposed(source: TensorSource): Pieces<MemoryTensor> {
  const [rows, columns] = source.shape as [number, number];
  const data = allocate(source.dtype, rows * columns);
  // Elements are moved, never computed with: both arrays hold the same dtype, which the compiler cannot pair.
  const to = data as unknown as Float64Array;
  for (const { bytes, first, count } of rowChunks(source, rows, columns)) {
    const from = viewBytes(source.dtype, bytes) as unknown as Float64Array;
    for (let top = 0; top < count; top += TILE) {
      const bottom = Math.min(top + TILE, count);
      for (let left = 0; left < columns; left += TILE) {
        const right = Math.min(left + TILE, columns);
        for (let column = left; column < right; column++) {
          for (let row = top; row < bottom; row++) to[column * rows + first + row] = from[row * columns + column]!;
        }
      }
    }
    yield;
  }
  return { kind: 'memory', dtype: source.dtype, shape: [columns, rows], data };
}

/** Four sums at a time, which halves the time: one alone waits for its own last addition. */
function sumOfSquares(values: Float32Array, from: number, to: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = from;
  for (; i + 3 < to; i += 4) {
    a += values[i]! * values[i]!;
    b += values[i + 1]! * values[i + 1]!;
    c += values[i + 2]! * values[i + 2]!;
    d += values[i + 3]! * values[i + 3]!;
  }
  for (; i < to; i++) a += values[i]! * values[i]!;
  return a + b + c + d;
}

interface RowChunk {
  readonly bytes: Uint8Array;
  readonly first: number;
  readonly count: number;
}

function* rowChunks(source: TensorSource, rows: number, columns: number): Generator<RowChunk> {
  const rowBytes = columns * DTYPE_BYTES[source.dtype];
  const step = Math.max(TILE, Math.floor(CHUNK_BYTES / rowBytes));
  for (let first = 0; first < rows; first += step) {
    const count = Math.min(step, rows - first);
    yield { bytes: readBytes(source, first * rowBytes, count * rowBytes), first, count };
  }
}

function byteLength(source: TensorSource): number {
  return source.kind === 'file' ? source.length : source.data.byteLength;
}
