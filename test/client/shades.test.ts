import { expect, test } from 'vitest';
import { borderStyle, STEPS, stepOf, tellToken, tokensByStep } from '../../client-vscode/src/views/heat-shades.ts';
import { histogramBars } from '../../client-vscode/src/webviews/histogram.ts';

test.each([
  [0, 0],
  [Number.NaN, 0],
  [0.0001, 1],
  [0.125, 1],
  [0.126, 2],
  [0.5, 4],
  [0.51, 5],
  [1, 8],
  [1.7, 8],
])('a share of %f is step %i', (share, step) => expect(stepOf(share)).toBe(step));

test('silent tokens and tokens without a place carry no shade', () => {
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
  const tokens = [
    { share: 1, range },
    { share: 0, range },
    { share: 1, range: null },
    { share: 0.1, range },
  ];
  const steps = tokensByStep(tokens);
  expect(steps).toHaveLength(STEPS);
  expect(steps.map((one) => one.length)).toEqual([1, 0, 0, 0, 0, 0, 0, 1]);
});

test('in high contrast, four borders tell the steps apart', () => {
  const styles = Array.from({ length: STEPS }, (_, at) => borderStyle(at + 1));
  expect(new Set(styles).size).toBe(4);
});

test('a token is told with its share of the maximum', () => {
  const token = { text: 'the\n', activation: 2.5, share: 1 / 3, unit: 0, range: null };
  expect(tellToken(token, 7.5)).toBe('‘the⏎’: 2.50, 33 % of 7.50');
  expect(tellToken({ ...token, activation: 0, share: 0 }, 7.5)).toBe('‘the⏎’: silent');
});

test('bars of a histogram fill the width, stand on the ground, and one token is visible', () => {
  const bars = histogramBars({ max: 2, counts: [10_000, 0, 1, 100] }, { width: 400, height: 100 });
  expect(bars.map(({ x }) => x)).toEqual([0, 100, 200, 300]);
  expect(bars.map(({ y, height }) => y + height)).toEqual([100, 100, 100, 100]);
  expect(bars.map(({ height }) => height)).toEqual([100, 0, 1, 10]);
  expect(bars.map(({ from, to }) => [from, to]).at(-1)).toEqual([1.5, 2]);
});
