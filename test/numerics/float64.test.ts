/**
 * The forward pass in float64, by the interpreter, against transformers in float64: rounding is gone, so this proves the
 * formulas. The reference's rotary frequencies are used, since transformers rounds to float32 on the way to them; its
 * Gemma embedding scale is float32 here and there. Tolerance: 1e-11 of the root mean square; measured is at most 3e-14.
 */
import { describe, expect, test } from 'vitest';
import type { ModelSpec } from '../../server/src/model/spec.ts';
import { difference } from '../support/compare.ts';
import { modelFixtures } from '../support/fixtures.ts';
import { allHooks, logitsInFloat64, modelFixture, withReferenceFrequencies } from '../support/model-fixture.ts';

const TOLERANCE = 1e-11;
/** Without the reference's frequencies: a unit in their last place turns late positions by some 1e-6. */
const OWN_FREQUENCIES = 1e-5;

describe.each(modelFixtures())('%s', (name) => {
  const fixture = modelFixture(name);
  const { weights, tokens } = fixture;
  const expected = fixture.reference.get('logits_f64')!.data as Float64Array;
  const spec = withReferenceFrequencies(fixture);

  test('logits equal transformers in float64', () => {
    expect(difference(logitsInFloat64(spec, weights, tokens), expected).relative).toBeLessThan(TOLERANCE);
  });

  test('own rotary frequencies differ from transformers by their rounding only', () => {
    expect(difference(logitsInFloat64(fixture.spec, weights, tokens), expected).relative).toBeLessThan(OWN_FREQUENCIES);
  });

  test('fused attention and norms are their parts', () => {
    const exact = withExactConstants(spec);
    const fused = logitsInFloat64(exact, weights, tokens);
    const parts = logitsInFloat64(exact, weights, tokens, allHooks(exact));
    expect(difference(parts, fused).relative).toBeLessThan(TOLERANCE);
  });
});

test('a tolerance that narrow notices a change in the ninth place of one constant', () => {
  const fixture = modelFixture('gpt2');
  const { spec, weights, tokens } = fixture;
  const changed = { ...spec, norm: { ...spec.norm, eps: spec.norm.eps * (1 + 1e-7) } };
  const delta = difference(logitsInFloat64(changed, weights, tokens), logitsInFloat64(spec, weights, tokens));
  expect(delta.relative).toBeGreaterThan(10 * TOLERANCE);
});

/** Constants that float32 holds exactly: in parts they are float32 tensors, in fused ops attributes in float64. */
function withExactConstants(spec: ModelSpec): ModelSpec {
  const layers = spec.layers.map((layer) => {
    const { scale, softcap } = layer.attention;
    // A cap c appears as c and as 1/c.
    const cap = softcap === null ? null : 2 ** Math.round(Math.log2(softcap));
    return { ...layer, attention: { ...layer.attention, scale: Math.fround(scale), softcap: cap } };
  });
  return { ...spec, norm: { ...spec.norm, eps: Math.fround(spec.norm.eps) }, layers };
}
