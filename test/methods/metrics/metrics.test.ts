/** Metrics against scikit-learn's values (test/fixtures/probing) and against their definitions. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { auroc, bootstrapAuroc } from '../../../server/src/methods/metrics/auroc.ts';
import { ceScore } from '../../../server/src/methods/metrics/ce-score.ts';
import { balancedAccuracy, confusionAbove, f1, mcc } from '../../../server/src/methods/metrics/confusion.ts';
import { matchOneToOne } from '../../../server/src/methods/metrics/matching.ts';
import { sparsity } from '../../../server/src/methods/metrics/sparsity.ts';
import { createRandom } from '../../../server/src/tinyworld/random.ts';
import { expectError } from '../../support/expect-error.ts';
import { fixturePath } from '../../support/fixtures.ts';

const reference = JSON.parse(readFileSync(fixturePath('probing', 'reference.json'), 'utf8')) as {
  labels: number[];
  scores: number[];
  auroc: number;
  cuts: { cut: number; mcc: number; f1: number; balanced_accuracy: number }[];
};
const positives = reference.labels.flatMap((label, row) => (label ? [row] : []));

test.each(reference.cuts)('MCC, F1 and balanced accuracy at $cut are those of scikit-learn', (expected) => {
  const counts = confusionAbove(reference.scores, positives, expected.cut);
  expect(mcc(counts)).toBeCloseTo(expected.mcc, 12);
  expect(f1(counts)).toBeCloseTo(expected.f1, 12);
  expect(balancedAccuracy(counts)).toBeCloseTo(expected.balanced_accuracy, 12);
});

describe('AUROC', () => {
  test('with ties is that of scikit-learn', () => {
    expect(new Set(reference.scores).size).toBeLessThan(reference.scores.length);
    expect(auroc(reference.scores, positives)).toBeCloseTo(reference.auroc, 12);
  });

  test.each([
    ['all equal', [1, 1, 1, 1], [0, 2], 0.5],
    ['perfect', [0, 1, 2, 3], [2, 3], 1],
    ['reversed', [3, 2, 1, 0], [2, 3], 0],
    ['one tie between the classes', [0, 1, 1, 2], [1, 3], 0.875],
    ['one class', [0, 1], [], null],
    ['the other class', [0, 1], [0, 1], null],
  ] as const)('%s', (_, scores, rows, expected) => {
    expect(auroc(scores, rows)).toBe(expected);
  });

  test('an interval holds the estimate and narrows with more groups', () => {
    const widths = [30, 600].map((groups) => {
      const random = createRandom(groups);
      const scores: number[] = [];
      const chosen: number[] = [];
      const group: number[] = [];
      for (let row = 0; row < groups * 5; row++) {
        const positive = random.next() < 0.3;
        if (positive) chosen.push(row);
        scores.push(random.next() + (positive ? 0.5 : 0));
        group.push(Math.floor(row / 5));
      }
      const found = bootstrapAuroc(scores, chosen, group, 200, () => random.next())!;
      expect(found.value).toBe(auroc(scores, chosen));
      expect(found.low).toBeLessThan(found.value);
      expect(found.high).toBeGreaterThan(found.value);
      // Scores are uniform with a shift of ½, so a positive wins with probability 7/8.
      expect(found.low).toBeLessThan(0.875);
      expect(found.high).toBeGreaterThan(0.875);
      return found.high - found.low;
    });
    expect(widths[1]! / widths[0]!).toBeLessThan(0.4);
  });
});

describe('one-to-one matching', () => {
  test('takes a lower score where that makes the sum larger', () => {
    expect([...matchOneToOne([0.9, 0.8, 0.9, 0.1], 2, 2)]).toEqual([1, 0]);
  });

  test('is the best of all assignments', () => {
    const random = createRandom(4);
    for (let round = 0; round < 40; round++) {
      const rows = 1 + (round % 4);
      const columns = rows + (round % 3);
      const scores = Float64Array.from({ length: rows * columns }, () => random.next() * 2 - 1);
      const total = (chosen: ArrayLike<number>): number =>
        Array.from(chosen).reduce((sum, column, row) => sum + scores[row * columns + column]!, 0);
      const chosen = matchOneToOne(scores, rows, columns);
      expect(new Set(chosen).size).toBe(rows);
      expect(total(chosen)).toBeCloseTo(Math.max(...assignments(rows, columns).map(total)), 12);
    }
  });

  test('refuses more rows than columns', () => {
    expectError('invalid-params', () => matchOneToOne([1, 2], 2, 1), 'rows ≤ columns');
  });
});

test('the CE score is the share of the zero-ablation damage that the reconstruction avoids', () => {
  expect(ceScore({ model: 1, spliced: 1.5, zeroed: 5 })).toEqual({ score: 0.875, delta: 0.5 });
  expect(ceScore({ model: 1, spliced: 6, zeroed: 5 }).score).toBe(-0.25);
  expect(ceScore({ model: 1, spliced: 1.5, zeroed: 1 }).score).toBeNull();
});

test('L0 counts active features per row; alive are those that ever fire', () => {
  expect(sparsity([3, 0, 5, 2], 5)).toEqual({ l0: 2, alive: 3, alive_share: 0.75 });
});

function assignments(rows: number, columns: number): number[][] {
  if (rows === 0) return [[]];
  return assignments(rows - 1, columns).flatMap((head) =>
    Array.from({ length: columns }, (_, column) => column)
      .filter((column) => !head.includes(column))
      .map((column) => [...head, column]),
  );
}
