/** The card's rules on planted truth: what is there is found, what is hidden is missed, what a table knows does not count. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../server/src/core/random.ts';
import { carriedSummary, latentCards } from '../../../server/src/tinyworld/scorecard/card.ts';
import { ceilings } from '../../../server/src/tinyworld/scorecard/ceiling.ts';
import { denseColumns, projectedColumns, sparseColumns } from '../../../server/src/tinyworld/scorecard/columns.ts';
import { findLabels, labelLine } from '../../../server/src/tinyworld/scorecard/labels.ts';
import { bestLookUps } from '../../../server/src/tinyworld/scorecard/look-ups.ts';
import {
  matchedScores,
  searchColumns,
  shuffledPositives,
  smallProbes,
} from '../../../server/src/tinyworld/scorecard/recovery.ts';
import type { MeasuredText } from '../../../server/src/tinyworld/scorecard/text.ts';

const ROWS = 3000;
const COUNT = 6;

/** Rows in runs of a hidden state; feature 0 fires where latent 0 holds, feature 1 on token 7, the others at random. */
function world(seed: number) {
  const random = createRandom(seed);
  const active: number[][] = Array.from({ length: COUNT }, () => []);
  const positives: number[][] = [[], [], [], []];
  const tokens = new Int32Array(ROWS);
  let state = false;
  let hidden = false;
  for (let row = 0; row < ROWS; row++) {
    if (random.next() < 0.1) state = random.next() < 0.2;
    if (random.next() < 0.1) hidden = random.next() < 0.2;
    tokens[row] = Math.floor(random.next() * 10);
    if (state) {
      active[0]!.push(row);
      positives[0]!.push(row);
    }
    if (hidden) positives[1]!.push(row);
    if (tokens[row] === 7) {
      active[1]!.push(row);
      positives[2]!.push(row);
    }
    // Question 3 asks for what question 0 asks for, on fewer rows.
    if (state && random.next() < 0.7) positives[3]!.push(row);
    for (let feature = 2; feature < 5; feature++) if (random.next() < 0.1) active[feature]!.push(row);
  }
  const dense = new Float32Array(ROWS * COUNT);
  active.forEach((rows, feature) => {
    for (const row of rows) dense[row * COUNT + feature] = 1 + random.next();
  });
  const text: MeasuredText = {
    sequences: [],
    rows: ROWS,
    tokens,
    positions: Int32Array.from({ length: ROWS }, (_, row) => row % 50),
    documents: Int32Array.from({ length: ROWS }, (_, row) => Math.floor(row / 50)),
    positives: positives.map((rows) => Int32Array.from(rows)),
  };
  return { text, dense, columns: denseColumns(dense, COUNT, false) };
}

const train = world(1);
const held = world(2);
const sample = ({ text, columns }: typeof train) => ({ columns, positives: text.positives });
const search = searchColumns(sample(train), sample(held));
const lookUps = bestLookUps(train.text, held.text);

describe('planted truth', () => {
  test('a latent with a feature of its own is recovered whole', () => {
    expect(search.best[0]).toMatchObject({ column: 0, train: 1, mcc: 1, f1: 1 });
  });

  test('a latent that no feature shows is missed', () => {
    expect(Math.abs(search.best[1]!.mcc)).toBeLessThan(0.1);
  });

  test('a latent that the token tells is found and does not count', () => {
    expect(search.best[2]!.mcc).toBe(1);
    expect(lookUps[2]).toEqual({ mcc: 1, by: 'token' });
    expect(lookUps[0]!.mcc).toBeLessThan(0.2);
    const questions = (['quotation', 'question', 'negation'] as const).map((latent, i) => ({
      latent,
      unused: false,
      look_up: lookUps[i]!.mcc,
    }));
    const cards = latentCards(questions, [1, 1, 1], search.best);
    expect(cards.map(({ recovered }) => recovered)).toEqual([true, false, false]);
    expect(carriedSummary(cards)).toMatchObject({ carried: 3, recovered: 1, recovered_share: 1 / 3 });
  });

  test('shuffled labels are near 0 although the search is the same', () => {
    const turned = (text: MeasuredText, share: number) => shuffledPositives(text.positives, ROWS, share);
    const { best } = searchColumns(
      { columns: train.columns, positives: turned(train.text, 0.37) },
      { columns: held.columns, positives: turned(held.text, 0.61) },
    );
    for (const { mcc } of best) expect(Math.abs(mcc)).toBeLessThan(0.15);
  });

  test('one feature answers one question when features are matched', () => {
    const matched = matchedScores(search, sample(held));
    expect(search.best[3]!.column).toBe(0);
    expect(matched[0]).toBe(1);
    expect(matched[3]).toBeLessThan(0.2);
  });

  test('small probes on the right feature are as good as it', () => {
    for (const score of smallProbes(search, sample(train), sample(held))[0]!) expect(score).toBeGreaterThan(0.95);
  });

  test('the probe sees what is linear in the input and nothing else', () => {
    const found = [...ceilings(train.dense, held.dense, COUNT, train.text.positives, held.text.positives)];
    expect(found[0]!.auroc).toBeGreaterThan(0.99);
    expect(Math.abs(found[1]!.auroc! - 0.5)).toBeLessThan(0.1);
  });

  test('labels name latents, tokens and what matches nothing', () => {
    const findings = findLabels(search, sample(train), sample(held), train.text);
    const lines = findings.map((finding) =>
      labelLine({ ...finding, ...(finding.feature === 1 ? { train: 0 } : {}) }, String),
    );
    expect(lines[0]).toMatchObject({ latent: 'story', score: 1, metric: 'mcc' });
    expect(lines[1]).toMatchObject({ label: 'token "7"', latent: null, score: 1 });
    expect(lines[2]).toMatchObject({ label: 'unmatched', latent: null });
    expect(lines[5]).toMatchObject({ label: 'never fires', score: null, density: 0 });
  });
});

test('a latent is judged by the mean over its values, and the unused one stands apart', () => {
  const questions = [
    { latent: 'season', unused: false, look_up: 0 },
    { latent: 'season', unused: false, look_up: 0.2 },
    { latent: 'place_synonym', unused: true, look_up: 0 },
  ] as const;
  const scores = [
    { mcc: 1, f1: 1 },
    { mcc: 0.6, f1: 0.5 },
    { mcc: 0, f1: 0 },
  ];
  const cards = latentCards(questions, [1, 0.9, 1], scores);
  expect(cards[0]).toMatchObject({
    mcc: 0.8,
    look_up: 0.1,
    excess: 0.7000000000000001,
    carried: true,
    recovered: true,
  });
  expect(carriedSummary(cards)).toEqual({ carried: 1, recovered: 1, recovered_share: 1, mcc: 0.8 });
});

test('sparse and projected columns are those of the matrix', () => {
  const dense = Float32Array.of(0, 2, 0, 1, 0, 3);
  const sparse = sparseColumns(Uint16Array.of(1, 0, 0, 2), Float32Array.of(2, 0, 1, 3), 2, 3);
  const matrix = denseColumns(dense, 3, false);
  const projected = projectedColumns(dense, 3, Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1));
  for (let i = 0; i < 3; i++) {
    expect([...sparse.column(i)]).toEqual([...matrix.column(i)]);
    expect([...projected.column(i)]).toEqual([...matrix.column(i)]);
  }
});
