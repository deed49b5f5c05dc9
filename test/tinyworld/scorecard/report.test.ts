/** Figures that differ from the committed card are named; those within tolerance are not. */
import { expect, test } from 'vitest';
import type { ScoreCard } from '../../../server/src/tinyworld/scorecard/card.ts';
import { markdown, questionTable, summaryTable } from '../../../server/src/tinyworld/scorecard/report.ts';
import { deviations } from '../../../server/src/tinyworld/scorecard/reproduce.ts';

const LOSS = { documents: 1, tokens: 10, model: 1.2, bound: 1 };
const BEST = {
  layer: 0, probe_auroc: 0.99, probe_mcc: 0.9, feature: 3, train_mcc: 0.8, mcc: 0.75, f1: 0.8, matched_mcc: 0.7, small_probes: [0.7, 0.8, 0.8],
} as const; // biome-ignore format: one question
const SCORES = {
  positions: 10, fvu: 0.1, l0: 16, alive_share: 1, ce_model: 1.2, ce_spliced: 1.21, ce_zero: 9, ce_score: 0.99, ce_delta: 0.01,
} as const; // biome-ignore format: one dictionary

const CARD: ScoreCard = {
  seed: 1,
  rows: { train: 100, heldout: 100 },
  unseen: LOSS,
  heldout: { ...LOSS, model: 4 },
  accuracy: { unseen: [], heldout: [] },
  questions: [
    { key: 'quotation', latent: 'quotation', description: 'inside quotation marks', unused: false, rate: 0.1, positives: 10,
      look_up: 0.1, look_up_by: 'token', layers: [BEST], best: BEST, ceiling: { value: 0.99, low: 0.98, high: 1 } },
  ], // biome-ignore format: one question
  latents: [
    { latent: 'quotation', unused: false, ceiling: 0.99, mcc: 0.75, f1: 0.8, look_up: 0.1, excess: 0.65, carried: true, recovered: true },
  ], // biome-ignore format: one latent
  layers: [{ layer: 0, scores: SCORES, alive: 700, explained_share: 0.2 }],
  carried: 1,
  recovered: 1,
  recovered_share: 1,
  mcc: 0.75,
  baselines: [{ name: 'raw neurons', columns: 384, recovered_share: 0, mcc: 0.3 }],
  missed: [],
};

test('the same figures deviate nowhere', () => {
  expect(deviations(CARD, CARD)).toEqual([]);
});

test.each([
  ['a loss', { unseen: { ...LOSS, model: 1.21 } }, 'loss, unseen text'],
  ['a question', { questions: [{ ...CARD.questions[0]!, best: { ...BEST, mcc: 0.6 } }] }, 'MCC of quotation'],
  [
    'a figure that is no number',
    { layers: [{ ...CARD.layers[0]!, scores: { ...SCORES, fvu: null } }] },
    'FVU, layer 0',
  ],
  ['a question that is not there', { questions: [] }, 'MCC of quotation'],
] as const)('%s outside its tolerance is named', (_, change, figure) => {
  expect(deviations({ ...CARD, ...change }, CARD).map((entry) => entry.figure)).toEqual([figure]);
});

test('tables show a missed aim as it is, beside every other card', () => {
  const text = markdown([summaryTable([CARD, { ...CARD, seed: 2, missed: ['formal'] }]), questionTable(CARD)]);
  expect(text).toContain('| figure | aim | seed 1 | seed 2 |');
  expect(text).toContain('| loss over the bound | ≤ 1.1 | 1.200 | 1.200 |');
  expect(text).toContain('| carried, not recovered | none | none | formal |');
  expect(text).toContain('| baseline: raw neurons | clearly below | 0.0 %, MCC 0.300 | 0.0 %, MCC 0.300 |');
  expect(text).toContain('| quotation | 10.0 % | 0.99 (0.98–1.00) |');
});
