/** The one-pass sum against its definition, where what rows have in common is large. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../server/src/core/random.ts';
import { rowVariance } from '../../server/src/core/row-variance.ts';
import { fvu } from '../../server/src/methods/metrics/fvu.ts';

const random = createRandom(4);

function rowsOf(n: number, width: number, common: number, outlier = 1): Float32Array[] {
  return Array.from({ length: n }, (_, i) =>
    Float32Array.from({ length: width }, () => common + (random.next() - 0.5) * (i === 0 ? outlier : 1)),
  );
}

/** Σ‖y − ȳ‖² in two passes. */
function definition(rows: readonly Float32Array[]): number {
  const means = Array.from(rows[0]!, (_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length);
  return rows.reduce((sum, row) => sum + means.reduce((part, mean, j) => part + (row[j]! - mean) ** 2, 0), 0);
}

test.each([
  ['nothing in common', 50, 7, 0, 1],
  ['a common part 10,000 times as large', 50, 8, 10_000, 1],
  ['a first row 10,000 times as large', 200, 9, 0, 10_000],
  ['two rows of one number', 2, 1, 3, 1],
] as const)('is the sum of squares about the mean: %s', (_name, n, width, common, outlier) => {
  const rows = rowsOf(n, width, common, outlier);
  const [variance, flat] = [rowVariance(width), rowVariance(width)];
  const together = Float32Array.from(rows.flatMap((row) => [...row]));
  rows.forEach((row, i) => {
    variance.add(row);
    flat.add(together, i * width);
  });
  expect(variance.rows()).toBe(n);
  expect(Math.abs(variance.total() / definition(rows) - 1)).toBeLessThan(1e-11);
  expect(flat.total()).toBe(variance.total());
});

describe('FVU', () => {
  const rows = rowsOf(6, 3, 100);
  const errors = [1, 2, 3, 4, 5, 6];

  test('is a ratio of sums over the rows that count', () => {
    const odd = rows.filter((_, i) => i % 2 === 1);
    expect(fvu(rows, errors)).toBeCloseTo(21 / definition(rows), 10);
    expect(fvu(rows, errors, (row) => row % 2 === 1)).toBeCloseTo(12 / definition(odd), 10);
  });

  test.each([
    ['no row', [], undefined],
    ['no row that counts', rows, () => false],
    ['one row', rows.slice(0, 1), undefined],
    ['equal rows', [rows[0]!, rows[0]!.slice(), rows[0]!.slice()], undefined],
  ])('has no denominator with %s', (_name, some, counts) => {
    expect(fvu(some, errors, counts)).toBeNull();
  });
});
