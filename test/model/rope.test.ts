import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readModelSpec } from '../../server/src/model/architectures/registry.ts';
import { fixturePath } from '../support/fixtures.ts';

interface Case {
  readonly name: string;
  readonly config: object;
  readonly inverse_frequencies: Readonly<Record<string, readonly number[]>>;
}

const { cases } = JSON.parse(readFileSync(fixturePath('rope', 'frequencies.json'), 'utf8')) as { cases: Case[] };

/** Transformers computes in float32, Sonde in float64: a power in float32 is off by a few units in the last place. */
const RELATIVE = 4 * 2 ** -23;

describe('rotary frequencies are those of transformers', () => {
  it.each(cases)('$name', ({ config, inverse_frequencies }) => {
    const { layers } = readModelSpec(config, 'config.json');
    for (const [kind, expected] of Object.entries(inverse_frequencies)) {
      const layer = layers.find(({ attention }) => (attention.window !== null) === (kind === 'sliding_attention'))!;
      const { dims, inverseFrequencies } = layer.attention.rotary!;
      expect(dims).toBe(2 * expected.length);
      expect(inverseFrequencies).toHaveLength(expected.length);
      const worst = Math.max(...expected.map((value, i) => Math.abs(inverseFrequencies[i]! / value - 1)));
      expect(worst).toBeLessThan(RELATIVE);
    }
  });

  it('which tell the cases apart', () => {
    const distinct = new Set(
      cases.flatMap(({ inverse_frequencies }) => Object.values(inverse_frequencies).map(String)),
    );
    expect(distinct.size).toBeGreaterThanOrEqual(cases.length);
  });
});
