/** What the engine tells of features beyond traces: rates on calibration text, and which features push a token. */
import { describe, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../server/src/engine/engine.ts';
import { collector } from '../../server/src/engine/feature-stats.ts';
import { emptyTable } from '../../server/src/methods/trace/features.ts';
import { fixturePath } from '../support/fixtures.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();

async function engineWith(model: string, dictionary: string): Promise<Engine> {
  const engine = createEngine({ runner: runner(), modelMemoryLimit: 2 ** 30, sessionMemoryLimit: 2 ** 30 });
  await engine.loadModel({ name: model, folder: fixturePath('models', model) });
  await engine.loadDictionary({ path: fixturePath('dictionaries', dictionary) });
  return engine;
}

describe('direct effects on a token', () => {
  test.each(['saelens-standard', 'saelens-topk'])('are those of the feature’s page (%s)', async (name) => {
    const engine = await engineWith('gpt2', name);
    const { top_logits, bottom_logits } = await engine.feature({ dictionary: name, feature: 3, count: 2 });
    for (const { id, logit } of [...top_logits!, ...bottom_logits!]) {
      const [effect] = (await engine.pushes({ dictionary: name, features: [3, 4], token: id }))!;
      expect(effect).toBeCloseTo(logit, 4);
    }
  });

  test('the features found by a token are those that push it most', async () => {
    const engine = await engineWith('gpt2', 'saelens-standard');
    const [info] = engine.dictionaries({});
    const { tokens } = await engine.tokenize({ text: 'e', bos: false });
    const hits = await engine.featuresByToken({ text: 'e', limit: 3 });
    const all = (await engine.pushes({
      dictionary: info!.name,
      features: Array.from({ length: info!.d_sae }, (_, i) => i),
      token: tokens[0]!.id,
    }))!;
    expect(hits.map(({ score }) => score)).toEqual([...all].sort((a, b) => b - a).slice(0, 3));
    expect(all[hits[0]!.index]).toBe(hits[0]!.score);
    expect(await engine.featuresByToken({ text: 'not one token', limit: 3 })).toEqual([]);
  });
});

describe('rates of features', () => {
  test('count firing tokens, and BOS apart', () => {
    const table = emptyTable(3, 2);
    table.counts.set([1, 2, 0]);
    table.indices.set([5, 0, 1, 2, 0, 0]);
    table.values.set([9, 0, 3, 1, 0, 0]);
    const rates = collector(8);
    rates.add(table, [true, false, false]);
    rates.add(table, [false, false, true]);
    const stats = rates.finish();
    expect([stats.tokens, stats.fires(1), stats.density(1), stats.max(1)]).toEqual([4, 2, 0.5, 3]);
    expect([stats.specialOnly(5), stats.fires(5), stats.specialOnly(7)]).toEqual([false, 1, false]);
    expect([stats.percentile(1, 3), stats.percentile(1, 2.9), stats.percentile(7, 1)]).toEqual([1, 0, null]);
  });

  test('are measured on the calibration text', async () => {
    const engine = await engineWith('gpt2', 'saelens-topk');
    const stats = await engine.featureStats({ dictionary: 'saelens-topk' });
    expect(stats.tokens).toBeGreaterThan(300);
    const fires = Array.from({ length: 64 }, (_, index) => stats.fires(index));
    const k = 24;
    // A TopK dictionary fires at most k features a token.
    expect(fires.reduce((a, b) => a + b, 0) / stats.tokens).toBeLessThanOrEqual(k);
    expect(Math.max(...fires)).toBeGreaterThan(0);
    expect(await engine.featureStats({ dictionary: 'saelens-topk' })).toBe(stats);
  });
});
