/** Which features the rows of a token show. */
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { type Order, renderTrace } from '../../server/src/cli/render/trace.ts';
import type { TraceResult } from '../../server/src/engine/results.ts';

const FEATURES = [
  { index: 1, activation: 9, label: 'unmatched' },
  { index: 2, activation: 8, label: 'tokens " a", " the" and 7 more' },
  { index: 3, activation: 7, label: null },
  { index: 4, activation: 2, label: 'inside a comment' },
  { index: 5, activation: 1, label: 'a question' },
];

const RESULT = {
  model: { name: 'm', architecture: 'A', n_layers: 1, d_model: 2 },
  device: 'cpu',
  k: 5,
  warnings: [],
  runs: [
    {
      bos: false,
      from: 0,
      tokens: [{ id: 0, text: 'x', start: 0, end: 1, special: false, partial: false }],
      dictionaries: [
        {
          name: 'd',
          hook_in: 'h',
          hook_out: 'h',
          d_sae: 6,
          folding: 'unit',
          fit: { status: 'fits' },
          notes: [],
          mean_l0: 5,
          fvu: 0.1,
          tokens: [{ features: FEATURES, l0: 5, unexplained: 0.1 }],
        },
      ],
      predictions: null,
    },
  ],
} as unknown as TraceResult;

function shown(order?: Order): number[] {
  const text = stripVTControlCharacters(renderTrace(RESULT, 100, order));
  return [...text.matchAll(/ #(\d)/g)].map(([, index]) => Number(index));
}

test('rows show the strongest features', () => {
  expect(shown()).toEqual([1, 2, 3]);
});

test('or those whose labels say what happens, then the strongest of the others', () => {
  expect(shown('named')).toEqual([4, 5, 1]);
});
