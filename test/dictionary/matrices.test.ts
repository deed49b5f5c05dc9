import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { numberToHalf } from '../../server/src/core/dtype.ts';
import { atOnce } from '../../server/src/core/turn.ts';
import { rowNorms, transposed } from '../../server/src/dictionary/loaders/matrices.ts';
import { difference } from '../support/compare.ts';
import { randoms, source } from './memory-dictionary.ts';

test('a transposition moves every element, whatever the sizes', () => {
  for (const [rows, columns] of [
    [1, 1],
    [3, 130],
    [64, 64],
    [131, 67],
  ] as const) {
    const data = Uint16Array.from({ length: rows * columns }, (_, i) => i);
    const turned = atOnce(transposed({ kind: 'memory', dtype: 'float16', shape: [rows, columns], data }));
    expect(turned.shape).toEqual([columns, rows]);
    for (let i = 0; i < data.length; i++) {
      expect(turned.data[(i % columns) * rows + Math.floor(i / columns)]).toBe(i);
    }
  }
});

test('row norms of a file larger than one read are those of the rows, in every dtype', () => {
  const [rows, columns] = [5000, 512];
  const random = randoms(3);
  const data = Float32Array.from({ length: rows * columns }, random);
  const norms = Float64Array.from({ length: rows }, (_, row) =>
    Math.sqrt(data.subarray(row * columns, (row + 1) * columns).reduce((sum, x) => sum + x * x, 0)),
  );
  const folder = mkdtempSync(join(tmpdir(), 'sonde-matrix-'));
  try {
    const path = join(folder, 'matrix.bin');
    writeFileSync(path, new Uint8Array(data.buffer));
    const file = {
      kind: 'file',
      dtype: 'float32',
      shape: [rows, columns],
      path,
      offset: 0,
      length: data.byteLength,
    } as const;
    expect(difference(atOnce(rowNorms(file)), norms).relative).toBeLessThan(1e-6);
    expect(
      difference(
        Float32Array.from(atOnce(transposed(file)).data as Float32Array),
        Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!),
      ).absolute,
    ).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const half = {
    kind: 'memory',
    dtype: 'float16',
    shape: [rows, columns],
    data: Uint16Array.from(data, numberToHalf),
  } as const;
  // One half has 11 significant bits; the errors of 512 of them average out.
  expect(difference(atOnce(rowNorms(half)), norms).relative).toBeLessThan(2 ** -12);
});

test('a row of zeros has a norm that can be divided by', () => {
  expect([...atOnce(rowNorms(source([1, 4], new Float32Array(4))))]).toEqual([Math.fround(1e-8)]);
});
