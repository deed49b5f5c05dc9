/** Probes against scikit-learn's fits, thresholds and tables against exhaustive search. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { confusionAbove, mcc } from '../../../server/src/methods/metrics/confusion.ts';
import { bestCut } from '../../../server/src/methods/probing/cut.ts';
import { applyRule, searchColumn } from '../../../server/src/methods/probing/feature-search.ts';
import { symmetricEigenvectors } from '../../../server/src/methods/probing/linear-algebra.ts';
import { fitLogistic, fitRidge, probeScores } from '../../../server/src/methods/probing/logistic.ts';
import { fitLookUp, keyTable, scoreLookUp } from '../../../server/src/methods/probing/look-up.ts';
import { createRandom } from '../../../server/src/tinyworld/random.ts';
import { fixturePath } from '../../support/fixtures.ts';

interface Fit {
  readonly weights: number[];
  readonly bias: number;
}
const reference = JSON.parse(readFileSync(fixturePath('probing', 'reference.json'), 'utf8')) as {
  d: number;
  rows: number[];
  labels: number[];
  scores: number[];
  probes: { penalty: number; logistic: Fit; ridge: Fit }[];
};
const { d, rows, labels } = reference;
const positives = Int32Array.from(labels.flatMap((label, row) => (label ? [row] : [])));

describe.each(reference.probes)('with penalty $penalty', ({ penalty, logistic, ridge }) => {
  // Both minimise the same strictly convex function; 1e-5 is what is left of it where the solvers stop.
  test('logistic regression is that of scikit-learn', () => {
    const probe = fitLogistic(rows, labels, d, penalty, { tolerance: 1e-10, maxSteps: 1000 });
    [...probe.weights, probe.bias].forEach((value, i) => {
      expect(value).toBeCloseTo([...logistic.weights, logistic.bias][i]!, 5);
    });
  });

  test('ridge regression is that of scikit-learn', () => {
    const probe = fitRidge(rows, labels, d, penalty);
    [...probe.weights, probe.bias].forEach((value, i) => {
      expect(value).toBeCloseTo([...ridge.weights, ridge.bias][i]!, 10);
    });
  });
});

test('scores are rows times weights plus bias', () => {
  expect([...probeScores({ weights: Float64Array.of(2, -1), bias: 0.5 }, [1, 1, 0, 3])]).toEqual([1.5, -2.5]);
});

test('the best cut is the best of all cuts', () => {
  const all = reference.scores.map((cut) => mcc(confusionAbove(reference.scores, positives, cut)));
  const found = bestCut(reference.scores, positives);
  expect(found.mcc).toBeCloseTo(Math.max(...all), 12);
  expect(mcc(confusionAbove(reference.scores, positives, found.cut))).toBeCloseTo(found.mcc, 12);
});

test('eigenvectors turn a matrix into its eigenvalues', () => {
  const { values, vectors } = symmetricEigenvectors(Float64Array.of(2, 1, 0, 1, 2, 0, 0, 0, 5), 3);
  expect([...values].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([5, 3, 1]);
  expect(Math.abs(vectors[3]!)).toBeCloseTo(Math.SQRT1_2, 9);
  expect(vectors[3]! * vectors[4]!).toBeCloseTo(0.5, 9);
});

describe('the search for a rule', () => {
  const random = createRandom(9);
  const n = 20_000;
  const latent = Uint8Array.from({ length: n }, () => (random.next() < 0.01 ? 1 : 0));
  const list = rowsWhere(n, (row) => latent[row] === 1);
  const others = rowsWhere(n, () => random.next() < 0.05);

  test('finds a feature that fires exactly on the latent, and what it misses', () => {
    const values = Float32Array.from(latent, (on) => on * (1 + random.next()));
    const [rule, other] = searchColumn(values, [list, others], false);
    expect(rule).toMatchObject({ cut: 0, below: false, mcc: 1 });
    expect(other!.mcc).toBeLessThan(0.05);
    expect(mcc(applyRule(rule!, values, list))).toBe(1);
  });

  test('finds the cut above which a dense value tells the latent', () => {
    const values = Float32Array.from(latent, (on) => random.next() + (on ? 0.99 : 0));
    const [rule] = searchColumn(values, [list], false);
    expect(rule!.cut).toBeGreaterThan(0.97);
    expect(rule!.mcc).toBeGreaterThan(0.9);
    expect(mcc(applyRule(rule!, values, list))).toBeCloseTo(rule!.mcc, 12);
  });

  test('looks below a cut only when both sides are asked for', () => {
    const values = Float32Array.from(latent, (on) => random.next() - (on ? 2 : 0));
    const rule = searchColumn(values, [list], true)[0]!;
    expect(rule).toMatchObject({ below: true, mcc: 1 });
    expect(mcc(applyRule(rule, values, list))).toBe(1);
    expect(searchColumn(values, [list], false)[0]!.mcc).toBeLessThan(0.05);
  });
});

describe('a look-up table', () => {
  const keys = [1, 1, 1, 1, 2, 2, 3, 3, 3, 3];
  const table = keyTable(keys);

  test('predicts on the keys where the latent is likeliest', () => {
    const found = fitLookUp(table, [0, 1, 2, 4], () => 0.4);
    expect([...found.likelihood].map((value) => Math.round(value * 1000) / 1000)).toEqual([0.68, 0.467, 0.08]);
    const chosen = { hits: 4, predicted: 6, actual: 4, n: 10 };
    expect(found.mcc).toBeCloseTo(mcc(chosen), 12);
  });

  test('knows a latent that the key determines, and leaves unseen keys to its prior', () => {
    const found = fitLookUp(table, [4, 5], () => 0.2);
    expect(found.mcc).toBe(1);
    const numbers = [2, 3, 9, 9].map(table.of);
    expect(numbers).toEqual([1, 2, -1, -1]);
    expect(scoreLookUp(found, numbers, [0], () => 0)).toBe(1);
    expect(scoreLookUp(found, numbers, [0], (row) => (row === 3 ? 1 : 0))).toBeCloseTo(Math.sqrt(1 / 3), 12);
  });
});

function rowsWhere(n: number, holds: (row: number) => boolean): Int32Array {
  return Int32Array.from(Array.from({ length: n }, (_, row) => row).filter(holds));
}
