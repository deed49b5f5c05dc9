/**
 * Every deliberate misreading breaks parity, on every fixture that it applies to: so parity, where it holds, excludes
 * them. In float64 by the interpreter; the break must be ten times what `parity.test.ts` allows float32 logits, but for
 * two small ones that say what they need: these `float64.test.ts` excludes.
 */
import { describe, expect, test } from 'vitest';
import { difference } from '../support/compare.ts';
import { modelFixtures } from '../support/fixtures.ts';
import type { Misreading } from '../support/misreading.ts';
import { ATTENTION_MISREADINGS } from '../support/misreadings-attention.ts';
import { BLOCK_MISREADINGS } from '../support/misreadings-blocks.ts';
import { logitsInFloat64, modelFixture } from '../support/model-fixture.ts';
import { LOGITS_TOLERANCE } from '../support/tolerances.ts';

const MISREADINGS = [...ATTENTION_MISREADINGS, ...BLOCK_MISREADINGS];

const fixtures = modelFixtures().map((name) => {
  const fixture = modelFixture(name);
  return { ...fixture, config: fixture.checkpoint.config };
});

describe.each(fixtures)('$name', (fixture) => {
  const expected = fixture.reference.get('logits_f64')!.data as Float64Array;
  const applicable = MISREADINGS.filter((misreading) => misreading.applies(fixture));

  test('has a dozen misreadings to refute', () => {
    expect(applicable.length).toBeGreaterThanOrEqual(12);
  });

  test.each(applicable)('$name', (misreading: Misreading) => {
    const { spec, weights } = misreading.change(fixture);
    const { relative } = difference(logitsInFloat64(spec, weights, fixture.tokens), expected);
    expect(relative).toBeGreaterThan(misreading.least ?? 10 * LOGITS_TOLERANCE);
  });
});

test.each(MISREADINGS)('$name: some fixture has it', (misreading) => {
  expect(fixtures.some((fixture) => misreading.applies(fixture))).toBe(true);
});
