/** How much work requests cost: what is known is not computed again, and nobody's work is thrown away for a newer one. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { PATIENCE } from '../../server/src/editor/hints.ts';
import { createEngine, type Engine } from '../../server/src/engine/engine.ts';
import { eventually } from '../support/daemon.ts';
import { type EditorClient, editorClient } from '../support/editor-client.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
const TINYWORLD = fileURLToPath(new URL('../../server/models/tinyworld', import.meta.url));
const URI = 'file:///texts/test.prompt';
const PROMPTS = 6;
let engine: Engine;
let runs = 0;

beforeAll(async () => {
  const counted = {
    ...runner(),
    run: (...params: Parameters<ReturnType<typeof runner>['run']>) => {
      runs++;
      return runner().run(...params);
    },
  };
  engine = createEngine({ runner: counted, modelMemoryLimit: 2 ** 31, sessionMemoryLimit: 2 ** 31 });
  await engine.loadModel({ name: 'tinyworld', folder: TINYWORLD });
  for (const name of readdirSync(`${TINYWORLD}/dictionaries`))
    await engine.loadDictionary({ path: `${TINYWORLD}/dictionaries/${name}` });
});

const HINTS = {
  textDocument: { uri: URI },
  range: { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } },
};

/** Six prompts that no other test has. */
function prompts(word: string): string {
  return Array.from({ length: PROMPTS }, (_, i) => `The ${word} came to harbour ${i} at night.`).join('\n---\n');
}

/** Nothing is traced any more, background work included. */
async function quiet(client: EditorClient): Promise<void> {
  let before = -1;
  await eventually('rest', async () => {
    await client.request('textDocument/inlayHint', HINTS);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const waiting = Object.values((await engine.status()).waiting).some((count) => count > 0);
    const rests = runs === before && !waiting;
    before = runs;
    return rests;
  });
}

test('a newer request for hints joins the traces that an older one waits for', async () => {
  const client = await editorClient(engine);
  client.open(URI, prompts('ferry'));
  const before = (await engine.status()).memo;
  const first = client.request('textDocument/inlayHint', HINTS);
  const second = client.request('textDocument/inlayHint', HINTS);
  await Promise.all([first, second]);
  await quiet(client);
  const after = (await engine.status()).memo;
  expect(after.misses - before.misses).toBe(PROMPTS);
  client.hangUp();
});

test('hints and hovers that were told before run nothing', async () => {
  const client = await editorClient(engine);
  client.open(URI, prompts('lantern'));
  const hover = () =>
    client.request('textDocument/hover', { textDocument: { uri: URI }, position: { line: 2, character: 6 } });
  await hover();
  await quiet(client);
  const again = await hover();
  const before = runs;
  expect(await hover()).toEqual(again);
  await client.request('textDocument/inlayHint', HINTS);
  expect(runs).toBe(before);
  client.hangUp();
});

test('an answer that lacks what is not traced yet is announced, a whole one is not', async () => {
  let pause = 2 * PATIENCE;
  const slow: Engine = {
    ...engine,
    async traceColumns(...params) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      return engine.traceColumns(...params);
    },
  };
  const client = await editorClient(slow, { settings: { unlabelled: true } });
  const came = (name: string) => client.notifications.filter(({ method }) => method === name);
  client.open(URI, prompts('pilot'));
  expect(await client.request('textDocument/inlayHint', HINTS)).toEqual([]);
  expect(came('sonde/editor/late')).toEqual([{ method: 'sonde/editor/late', params: { uri: URI } }]);
  await eventually('what was late is there', () => came('sonde/editor/changed').length > 0);
  pause = 0;
  expect(await client.request('textDocument/inlayHint', HINTS)).not.toHaveLength(0);
  expect(came('sonde/editor/late')).toHaveLength(1);
  client.hangUp();
});

test('requests for other lines of a document leave each other’s traces alone, one for the same does not', async () => {
  const ended: boolean[] = [];
  const slow: Engine = {
    ...engine,
    async traceColumns(...params) {
      await new Promise((resolve) => setTimeout(resolve, 2 * PATIENCE));
      ended.push(params.some((value) => value instanceof AbortSignal && value.aborted));
      return engine.traceColumns(...params);
    },
  };
  const client = await editorClient(slow, { settings: { unlabelled: true } });
  client.open(URI, prompts('diver'));
  const ask = (from: number, to: number) =>
    client.request('textDocument/inlayHint', {
      textDocument: { uri: URI },
      range: { start: { line: from, character: 0 }, end: { line: to, character: 99 } },
    });
  await Promise.all([ask(0, 0), ask(10, 10)]);
  await eventually('both are traced', () => ended.length === 2);
  expect(ended).toEqual([false, false]);
  client.change(URI, 2, undefined, prompts('sailor'));
  await Promise.all([ask(0, 10), ask(10, 10)]);
  await eventually('all have ended', () => ended.length >= 2 + PROMPTS);
  expect(ended).toContain(true);
  client.hangUp();
});

test('an edit traces the prompt that it changes, and no other', async () => {
  const client = await editorClient(engine);
  client.open(URI, prompts('fisherman'));
  await quiet(client);
  const before = (await engine.status()).memo;
  const at = { line: 4, character: 3 };
  client.change(URI, 2, { start: at, end: at }, ' old');
  await quiet(client);
  expect((await engine.status()).memo.misses - before.misses).toBe(1);
  client.hangUp();
});

test('a search through a dataset runs short rows side by side', async () => {
  const client = await editorClient(engine);
  const uri = 'file:///texts/rows.txt';
  const rows = Array.from({ length: 64 }, (_, i) => `The captain saw ${i} ships.`).join('\n');
  client.open(URI, 'The captain saw no ships.');
  await quiet(client);
  client.open(uri, rows);
  const before = runs;
  const place = { textDocument: { uri: URI }, position: { line: 0, character: 6 } };
  await client.request('textDocument/references', { ...place, context: { includeDeclaration: false } });
  expect(runs - before).toBeLessThan(32);
  client.hangUp();
});
