import { expect, it } from 'vitest';
import { SondeError } from '../../server/src/core/errors.ts';
import { readModelSpec } from '../../server/src/model/architectures/registry.ts';
import * as published from './published-configs.ts';

it('any value in any field gives a spec or a typed error', () => {
  const values = [null, [], {}, '', 'x', true, false, -1, 0, 0.5, 1, 3, 2 ** 40, 1e308, [null], ['x'], { type: 1 }];
  let refused = 0;
  for (const config of Object.values(published)) {
    for (const [key, value] of mutations(config, values)) {
      const changed = { ...config, [key]: value };
      try {
        expect(readModelSpec(changed, 'config.json').layers.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error, JSON.stringify({ [key]: value })).toBeInstanceOf(SondeError);
        refused++;
      }
    }
  }
  expect(refused).toBeGreaterThan(1000);
});

/** Every key with every value, and every key of a nested object with every value. */
function mutations(config: object, values: readonly unknown[]): [string, unknown][] {
  return Object.entries(config).flatMap(([key, old]) => {
    const nested = typeof old === 'object' && old !== null && !Array.isArray(old) ? mutations(old, values) : [];
    const inner = nested.map(([name, value]): [string, unknown] => [key, { ...old, [name]: value }]);
    return [...values.map((value): [string, unknown] => [key, value]), ...inner];
  });
}
