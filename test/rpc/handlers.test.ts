import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { METHODS, type Params, type PartialResult, type RequestName, type Result } from '../../protocol/src/methods.ts';
import { fromWireTensor } from '../../protocol/src/tensor.ts';
import { LABELS_FILE } from '../../server/src/dictionary/labels.ts';
import { createEngine, type Engine } from '../../server/src/engine/engine.ts';
import { createHandlers } from '../../server/src/rpc/handlers/handlers.ts';
import { stretches } from '../../server/src/rpc/handlers/trace.ts';
import { fixturePath } from '../support/fixtures.ts';
import { type Line, line, type Message } from '../support/line.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
let engine: Engine;
let client: Line;
let nextId = 1;

beforeAll(async () => {
  engine = createEngine({ runner: runner(), modelMemoryLimit: 2 ** 30, sessionMemoryLimit: 2 ** 30 });
  const stops: string[] = [];
  const daemon = { version: '0', clients: () => 1, requestsInFlight: () => 1, stop: (why: string) => stops.push(why) };
  const facts = { version: '0', maxMessageBytes: 1, maxInFlight: 4 };
  const handlers = createHandlers({ engine, locate: (name) => name, daemon, facts });
  client = await line(handlers, { maxAnswerBytes: 2 ** 24 });
  // Labels are written beside the dictionary, so it must not be the committed one.
  const folder = mkdtempSync(join(tmpdir(), 'sonde-handlers-'));
  cpSync(fixturePath('dictionaries', 'saelens-jumprelu'), folder, { recursive: true });
  rmSync(join(folder, LABELS_FILE), { force: true });
  await ask('sonde/model/load', { name: fixturePath('models', 'gpt2') });
  await ask('sonde/dictionary/load', { path: folder, name: 'sae' });
});

/** Sends a request in both codecs; both results must be what the method's schema says. Rejects with the error answer. */
async function ask<N extends RequestName>(method: N, params: Params<N>, streams: object = {}): Promise<Result<N>> {
  const codecs = /(load|check)$/.test(method) ? (['json'] as const) : (['json', 'messagepack'] as const);
  const results: unknown[] = [];
  for (const codec of codecs) {
    const id = nextId++;
    client.send({ id, method, params: { ...params, ...streams } }, codec);
    const { error, result } = await answerTo(id);
    if (error) throw error;
    expect(METHODS.get(method)!.result.safeParse(result).error, method).toBeUndefined();
    results.push(result);
  }
  return results.at(-1) as Result<N>;
}

async function answerTo(id: string | number): Promise<Message> {
  const patience = performance.now() + 120_000;
  for (;;) {
    const answer = client.out.find((message) => message.id === id);
    if (answer) return answer;
    if (performance.now() > patience) throw new Error(`request ${id} was not answered`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Partial results that came in JSON since `before`. */
function parts<N extends RequestName>(before: number): PartialResult<N>[] {
  const sent = client.out.slice(before).filter(({ method, codec }) => method === '$/progress' && codec === 'json');
  return sent.map(({ params }) => params!.value as PartialResult<N>);
}

test('models and dictionaries are listed as they were loaded', async () => {
  expect((await ask('sonde/model/list', {})).models).toMatchObject([{ n_layers: 2, d_model: 24 }]);
  expect((await ask('sonde/dictionary/list', {})).dictionaries).toMatchObject([{ name: 'sae', d_sae: 64 }]);
});

test('a model is verified over a text', async () => {
  const { identities } = await ask('sonde/model/verify', { text: 'the cat sat on the mat' });
  expect(identities).toEqual(await engine.identities({ text: 'the cat sat on the mat' }));
});

test('a text is tokenised', async () => {
  const { tokens } = await ask('sonde/text/tokenize', { text: 'abc abc' });
  expect(tokens.at(-1)?.end).toBe(7);
});

test('a trace is the engine’s, whole or joined from its stretches', async () => {
  const params = { text: 'the cat sat on the mat '.repeat(2), k: 3, predictions: 2 };
  const whole = await ask('sonde/trace/features', params);
  expect(whole).toEqual(JSON.parse(JSON.stringify(await engine.trace(params))));
  const before = client.out.length;
  const rest = await ask('sonde/trace/features', params, { partialResultToken: 'p' });
  const streamed = parts<'sonde/trace/features'>(before);
  const [run] = whole.runs;
  expect(rest.runs[0]).toMatchObject({ tokens: [], predictions: [] });
  expect(streamed.flatMap(({ tokens }) => tokens)).toEqual(run!.tokens);
  expect(streamed.flatMap(({ dictionaries }) => dictionaries[0]!)).toEqual(run!.dictionaries[0]!.tokens);
  expect(streamed.flatMap(({ predictions }) => predictions!)).toEqual(run!.predictions);
});

test('a long trace is streamed in more than one stretch', () => {
  const token = { id: 1, text: 'a', start: 0, end: 1, special: false, partial: false };
  const run = { bos: false, from: 0, tokens: Array(150).fill(token), dictionaries: [], predictions: null };
  const result = { runs: [run, run] } as unknown as Result<'sonde/trace/features'>;
  const sizes = [...stretches(result)].map(({ run: index, tokens }) => [index, tokens.length]);
  expect(sizes).toEqual([
    [0, 64],
    [0, 64],
    [0, 22],
    [1, 64],
    [1, 64],
    [1, 22],
  ]);
});

test('tensors and logits are the engine’s, bit for bit, whole or streamed', async () => {
  const hooks = ['blocks.1.hook_resid_pre', 'blocks.0.attn.hook_pattern'];
  const { tensors: expected } = await engine.activations({ text: 'abc', hooks });
  const { tensors } = await ask('sonde/trace/activations', { text: 'abc', hooks });
  for (const hook of hooks) expect(fromWireTensor(tensors[hook]!)).toEqual(expected[hook]);
  const { logits } = await ask('sonde/trace/logits', { text: 'abc' });
  const alone = await engine.activations({ text: 'abc', hooks: ['logits'] });
  expect(fromWireTensor(logits)).toEqual(alone.tensors.logits);
  const before = client.out.length;
  const rest = await ask('sonde/trace/activations', { text: 'abc', hooks }, { partialResultToken: 'p' });
  expect(rest.tensors).toEqual({});
  const streamed = parts<'sonde/trace/activations'>(before);
  expect(streamed.map(({ hook }) => hook)).toEqual(hooks);
  for (const { hook, tensor } of streamed) expect(fromWireTensor(tensor)).toEqual(expected[hook]);
});

test('the logits of an empty text are empty', async () => {
  const { logits } = await ask('sonde/trace/logits', { text: '', bos: false });
  expect(logits.shape[1]).toBe(0);
});

test('a feature is labelled, found, shown with its neighbours, and unlabelled', async () => {
  const choice = { dictionary: 'sae', feature: 5 };
  expect(await ask('sonde/feature/label', { ...choice, label: 'odd things' })).toMatchObject({
    label: { feature: 5, label: 'odd things', source: 'client' },
  });
  expect((await ask('sonde/feature/search', { query: 'odd' })).features[0]).toMatchObject({ index: 5 });
  expect((await ask('sonde/feature/get', choice)).label).toMatchObject({ label: 'odd things' });
  const { features } = await ask('sonde/feature/neighbours', { ...choice, limit: 3 });
  expect(features).toHaveLength(3);
  expect(features.every(({ index }) => index !== 5)).toBe(true);
  expect(await ask('sonde/feature/label', { ...choice, label: null })).toEqual({ label: null });
});

test('a dictionary is checked against its hook', async () => {
  expect(await ask('sonde/dictionary/check', { dictionary: 'sae' })).toMatchObject({ d_sae: 64 });
});

test('the status is the process’s own', async () => {
  expect(await ask('sonde/daemon/status', {})).toMatchObject({ pid: process.pid, engine: { device: 'cpu' } });
});

test.each([
  ['a hook that does not exist', 'sonde/trace/activations', { text: 'a', hooks: ['blocks.9.hook_resid_pre'] }, 1001],
  ['a model that is not loaded', 'sonde/trace/features', { text: 'a', model: 'other' }, 1002],
  ['a dictionary that is not attached', 'sonde/feature/get', { dictionary: 'other', feature: 1 }, 1003],
  ['a feature beyond the dictionary', 'sonde/feature/get', { dictionary: 'sae', feature: 64 }, 1004],
  ['a text beyond the context', 'sonde/trace/logits', { text: 'a '.repeat(500) }, 1007],
  ['a lone surrogate', 'sonde/text/tokenize', { text: '\ud800' }, 1008],
])('%s keeps its kind across the wire', async (_, method, params, code) => {
  await expect(ask(method as RequestName, params as never)).rejects.toMatchObject({ code });
});

test('what was unloaded is gone', async () => {
  expect(
    (await ask('sonde/dictionary/load', { path: fixturePath('dictionaries', 'saelens-topk'), name: 'second' }))
      .dictionaries,
  ).toHaveLength(1);
  client.send({ id: 'unload', method: 'sonde/dictionary/unload', params: { dictionary: 'second' } });
  expect(await answerTo('unload')).toMatchObject({ result: null });
  expect((await ask('sonde/dictionary/list', {})).dictionaries).toHaveLength(1);
});
