/** What the engine promises about texts: BOS groups, context, ranges, empty texts, values that are not finite. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../server/src/engine/engine.ts';
import { openFile } from '../../server/src/files/file-reader.ts';
import { readSafetensorsHeader } from '../../server/src/formats/safetensors.ts';
import { expectRejection } from '../support/expect-error.ts';
import { fixturePath } from '../support/fixtures.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A copy of a dictionary fixture whose config is changed. */
function dictionaryWith(name: string, change: (config: { metadata: Record<string, unknown> }) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-engine-'));
  folders.push(folder);
  cpSync(fixturePath('dictionaries', name), folder, { recursive: true });
  const path = join(folder, 'cfg.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as { metadata: Record<string, unknown> };
  change(config);
  writeFileSync(path, JSON.stringify(config));
  return folder;
}

async function engineWith(...dictionaries: string[]): Promise<Engine> {
  const engine = createEngine({ runner: runner(), modelMemoryLimit: 2 ** 30, sessionMemoryLimit: 2 ** 30 });
  await engine.loadModel({ name: 'gpt2', folder: fixturePath('models', 'gpt2') });
  for (const path of dictionaries) await engine.loadDictionary({ path });
  return engine;
}

const OPTIONS = { k: 5, predictions: 0 } as const;
const standard = (): string => fixturePath('dictionaries', 'saelens-standard');
const withBos = (): string =>
  dictionaryWith('saelens-topk', (config) => {
    config.metadata.prepend_bos = true;
  });

describe('BOS', () => {
  test('each setting that dictionaries ask for gets a run of its own', async () => {
    const engine = await engineWith(standard(), withBos());
    const { runs, warnings } = await engine.trace({ text: 'Hello there', ...OPTIONS });
    expect(runs.map((run) => run.bos).sort()).toEqual([false, true]);
    expect(runs.map((run) => run.dictionaries.length)).toEqual([1, 1]);
    const [plain, prefixed] = runs[0]!.bos ? [runs[1]!, runs[0]!] : [runs[0]!, runs[1]!];
    expect(prefixed.tokens.length).toBe(plain.tokens.length + 1);
    expect(prefixed.tokens[0]).toMatchObject({ special: true, start: 0, end: 0 });
    expect(warnings).toEqual([]);
  });

  test('an explicit choice overrides all, with a warning for who asked otherwise', async () => {
    const engine = await engineWith(standard(), withBos());
    const { runs, warnings } = await engine.trace({ text: 'Hello there', bos: false, ...OPTIONS });
    expect(runs.map((run) => run.bos)).toEqual([false]);
    expect(warnings.join()).toContain('was trained with BOS');
  });
});

describe('length', () => {
  test('an empty text is valid', async () => {
    const engine = await engineWith(standard());
    const [run] = (await engine.trace({ text: '', ...OPTIONS, predictions: 2 })).runs;
    expect(run).toMatchObject({ tokens: [], predictions: [] });
    expect(run!.dictionaries[0]).toMatchObject({ tokens: [], fvu: null, mean_l0: null });
  });

  test('a text beyond the context is an error, or cut with a warning', async () => {
    const engine = await engineWith(standard());
    const text = 'word '.repeat(100);
    await expectRejection('context-exceeded', engine.trace({ text, ...OPTIONS }));
    const { runs, warnings } = await engine.trace({ text, truncate: true, ...OPTIONS });
    expect(runs[0]!.tokens.length).toBe(64);
    expect(warnings.join()).toContain('was cut to the context of 64');
  });

  test('a range reports its tokens with the numbers of the whole', async () => {
    const engine = await engineWith(standard());
    const request = { text: 'Hello there, general. How do you do?', k: 5, predictions: 2 };
    const whole = (await engine.trace(request)).runs[0]!;
    const part = (await engine.trace({ ...request, from: 3, to: 7 })).runs[0]!;
    expect(part.tokens).toEqual(whole.tokens.slice(3, 7));
    const strongest = (run: typeof whole): (number | undefined)[] =>
      run.dictionaries[0]!.tokens.map(({ features }) => features[0]?.index);
    expect(strongest(part)).toEqual(strongest(whole).slice(3, 7));
    expect(part.predictions![0]!.logprob).toBeCloseTo(whole.predictions![3]!.logprob!, 3);
    await expectRejection('position-out-of-range', engine.trace({ ...request, from: 5, to: 500 }));
  });
});

describe('choice', () => {
  test('unknown names list the nearest, a wrong k its bounds', async () => {
    const engine = await engineWith(standard());
    const error = await expectRejection(
      'unknown-dictionary',
      engine.trace({ text: 'Hi', ...OPTIONS, dictionaries: ['saelens-standart'] }),
    );
    expect(error.data.nearest).toEqual(['saelens-standard']);
    await expectRejection('invalid-params', engine.trace({ text: 'Hi', predictions: 0, k: 0 }));
    await expectRejection('unknown-model', engine.trace({ text: 'Hi', model: 'nobody', ...OPTIONS }));
  });

  test('more features fire than were asked for, and L0 and the error are those of all', async () => {
    const engine = await engineWith(standard());
    const text = 'Hello there';
    const few = (await engine.trace({ text, k: 1, predictions: 0 })).runs[0]!.dictionaries[0]!;
    const all = (await engine.trace({ text, k: 64, predictions: 0 })).runs[0]!.dictionaries[0]!;
    expect(few.tokens.map(({ features }) => features.length)).toEqual(few.tokens.map(() => 1));
    few.tokens.forEach(({ l0, unexplained }, i) => {
      expect(l0).toBe(all.tokens[i]!.l0);
      expect(l0).toBe(all.tokens[i]!.features.length);
      expect(unexplained).toBeCloseTo(all.tokens[i]!.unexplained!, 4);
    });
  });
});

test('a weight that is not finite is named by the first hook it reaches', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-engine-'));
  folders.push(folder);
  cpSync(fixturePath('models', 'gpt2'), folder, { recursive: true });
  const path = join(folder, 'model.safetensors');
  const reader = openFile(path);
  const { tensors } = readSafetensorsHeader(reader);
  reader.close();
  const weight = [...tensors].find(([name]) => name.endsWith('h.0.mlp.c_proj.bias'))![1];
  const bytes = readFileSync(path);
  bytes.writeFloatLE(Number.NaN, weight.offset);
  writeFileSync(path, bytes);
  const engine = createEngine({ runner: runner(), modelMemoryLimit: 2 ** 30, sessionMemoryLimit: 2 ** 30 });
  await engine.loadModel({ name: 'broken', folder });
  await engine.loadDictionary({ path: standard() });
  const error = await expectRejection('non-finite', engine.trace({ text: 'Hello', ...OPTIONS }));
  expect(error.data.hook).toBe('blocks.0.hook_mlp_out');
});

test('a kept trace shows labels and verdicts as they are now', async () => {
  const engine = await engineWith(standard());
  const request = { text: 'Hello there', ...OPTIONS };
  const first = (await engine.trace(request)).runs[0]!.dictionaries[0]!;
  const index = first.tokens[0]!.features[0]!.index;
  engine.labelFeature({ dictionary: first.name, feature: index, label: 'a greeting', source: 'test' });
  await engine.checkDictionary({ dictionary: first.name });
  const again = (await engine.trace(request)).runs[0]!.dictionaries[0]!;
  expect((await engine.status()).memo.hits).toBe(1);
  expect(again.tokens[0]!.features[0]!.label).toBe('a greeting');
  expect([first.fit.status, again.fit.status]).toEqual(['unchecked', 'misfit']);
});

test('identities of an empty text are refused', async () => {
  const engine = await engineWith();
  await expectRejection('invalid-params', engine.identities({ text: '' }));
  expect((await engine.identities({ text: 'Hello' })).length).toBeGreaterThan(0);
});
