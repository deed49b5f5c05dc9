/**
 * Identities between a model's own tensors, through the real runtime: they catch wrong wiring on any checkpoint, where
 * no reference exists. Hooks inside attention and norms come from a run in parts, all others from a run with fused ops,
 * so an identity between the two also ties the forms. Tolerance: both sides are float32 sums; see `tolerances.ts`.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { difference } from '../support/compare.ts';
import type { Rows } from '../support/dense.ts';
import { modelFixtures } from '../support/fixtures.ts';
import { INVARIANTS, type Pass } from '../support/invariants.ts';
import { allHooks, modelFixture } from '../support/model-fixture.ts';
import { sharedRunner } from '../support/runner.ts';
import { HOOK_TOLERANCE } from '../support/tolerances.ts';
import { fusedHooks, openProbe } from '../support/write-probe.ts';

const runner = sharedRunner();
/** A misreading must miss by a hundred times what rounding may. */
const MISS = 100 * HOOK_TOLERANCE;

describe.each(modelFixtures())('%s', (name) => {
  const fixture = modelFixture(name);
  let pass: Pass;
  beforeAll(async () => {
    const values = new Map<string, Rows>();
    for (const reads of [allHooks(fixture.spec), fusedHooks(fixture.spec)]) {
      const probe = await openProbe(runner(), fixture, [], reads);
      for (const [hook, { shape, data }] of Object.entries(await probe.run(fixture.tokens))) {
        values.set(hook, { data: Float64Array.from(data), width: shape.at(-1)! });
      }
      await probe.close();
    }
    const hook = (asked: string): Rows => values.get(asked) ?? expect.fail(`${asked} was not read`);
    pass = { fixture, hook };
  });

  for (const { name: identity, applies, sides, misread } of INVARIANTS) {
    if (applies && !applies(fixture)) continue;
    test.each(fixture.spec.layers.map((_, layer) => layer))(`${identity}, layer %i`, (layer) => {
      const apart = ([left, right]: readonly [Rows, Rows]): number => difference(left.data, right.data).relative;
      expect(apart(sides(pass, layer))).toBeLessThan(HOOK_TOLERANCE);
      expect(apart(sides(misread(pass, layer), layer))).toBeGreaterThan(MISS);
    });
  }
});

test.each(INVARIANTS)('$name: some fixture has it', ({ applies = () => true }) => {
  expect(modelFixtures().some((name) => applies(modelFixture(name)))).toBe(true);
});
