/** Interpreter: matrix products. */

import type { Rules } from './interpreter.ts';
import {
  broadcastOffsets,
  broadcastShape,
  count,
  type NdArray,
  ndArray,
  stridesOf,
  walk,
} from './interpreter-array.ts';

/** out[m, n] += Σ_k a[m, k] · b[k, n], each lying at its offset with its row and column strides. */
function accumulate(out: Float64Array, at: number, a: Strided, b: Strided, [m, k, n]: readonly number[]): void {
  for (let i = 0; i < m!; i++) {
    for (let p = 0; p < k!; p++) {
      const factor = a.data[a.offset + i * a.row + p * a.column]!;
      if (factor === 0) continue;
      for (let j = 0; j < n!; j++) {
        out[at + i * n! + j]! += factor * b.data[b.offset + p * b.row + j * b.column]!;
      }
    }
  }
}

interface Strided {
  readonly data: Float64Array;
  readonly offset: number;
  readonly row: number;
  readonly column: number;
}

function matrix(x: NdArray, transposed: boolean): Strided {
  const columns = x.shape[1]!;
  return { data: x.data, offset: 0, row: transposed ? 1 : columns, column: transposed ? columns : 1 };
}

export const PRODUCTS = {
  MatMul: (_, [a, b]) => {
    const [m, k] = a!.shape.slice(-2) as [number, number];
    const n = b!.shape.at(-1)!;
    const [leftBatch, rightBatch] = [a!.shape.slice(0, -2), b!.shape.slice(0, -2)];
    const batch = broadcastShape(leftBatch, rightBatch);
    const out = ndArray([...batch, m, n]);
    const left = broadcastOffsets(leftBatch, batch);
    const right = broadcastOffsets(rightBatch, batch);
    for (let i = 0; i < count(batch); i++) {
      const x = { data: a!.data, offset: left[i]! * m * k, row: k, column: 1 };
      const y = { data: b!.data, offset: right[i]! * k * n, row: n, column: 1 };
      accumulate(out.data, i * m * n, x, y, [m, k, n]);
    }
    return [out];
  },
  Gemm: (node, [a, b, c]) => {
    const { transA, transB } = node.attrs;
    const [m, k] = transA ? [a!.shape[1]!, a!.shape[0]!] : [a!.shape[0]!, a!.shape[1]!];
    const n = b!.shape[transB ? 0 : 1]!;
    const out = ndArray([m, n]);
    if (c) for (let i = 0; i < m * n; i++) out.data[i] = c.data[i % n]!;
    accumulate(out.data, 0, matrix(a!, transA), matrix(b!, transB), [m, k, n]);
    return [out];
  },
  Transpose: (node, [x]) => {
    const { perm } = node.attrs;
    const shape = perm.map((axis) => x!.shape[axis]!);
    const strides = stridesOf(x!.shape);
    const offsets = walk(
      shape,
      perm.map((axis) => strides[axis]!),
    );
    return [
      ndArray(
        shape,
        Float64Array.from(offsets, (offset) => x!.data[offset]!),
      ),
    ];
  },
} satisfies Partial<Rules>;
