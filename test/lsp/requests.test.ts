/** What the extension asks beside LSP, and what a document's problems are, with the embedded model behind the door. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EditorResult } from '../../protocol/src/editor.ts';
import { EDITOR_REQUESTS, type EditorRequestName } from '../../protocol/src/editor.ts';
import { createEngine, type Engine } from '../../server/src/engine/engine.ts';
import { eventually } from '../support/daemon.ts';
import { type EditorClient, editorClient } from '../support/editor-client.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
const TINYWORLD = fileURLToPath(new URL('../../server/models/tinyworld', import.meta.url));
const FOLDER = 'file:///texts';
const URI = `${FOLDER}/test.prompt`;
const TEXT = 'Anna has a red boat.\n---\nAnna has a blue boat.\n';
let engine: Engine;
let client: EditorClient;

beforeAll(async () => {
  engine = createEngine({ runner: runner(), modelMemoryLimit: 2 ** 31, sessionMemoryLimit: 2 ** 31 });
  await engine.loadModel({ name: 'tinyworld', folder: TINYWORLD });
  for (const name of readdirSync(`${TINYWORLD}/dictionaries`))
    await engine.loadDictionary({ path: `${TINYWORLD}/dictionaries/${name}` });
  client = await editorClient(engine, { folders: [FOLDER], settings: { hideDense: false } });
  client.open(URI, TEXT);
});

/** Asks, and holds the answer to the protocol's schema. */
async function ask<N extends EditorRequestName>(name: N, params: object): Promise<EditorResult<N>> {
  const result = await client.request(name, params);
  const declared = EDITOR_REQUESTS.find((request) => request.name === name)!;
  expect(declared.result.safeParse(result).error).toBeUndefined();
  return result as EditorResult<N>;
}

const place = (line: number, character: number) => ({ uri: URI, position: { line, character } });

async function someFeature() {
  const { features } = await ask('sonde/editor/features', place(0, 13));
  const { dictionary, index } = features[0]!;
  return { dictionary, index };
}

describe('the extension', () => {
  test('lists a token’s features and what is not explained of it', async () => {
    const { token, features, dictionaries } = await ask('sonde/editor/features', place(0, 13));
    expect(token!.unexplained).toHaveLength(dictionaries.length);
    expect(features.length).toBeGreaterThan(0);
    const shares = features.map(({ activation }) => activation);
    expect(Math.min(...shares)).toBeGreaterThan(0);
  });

  test('lists a document’s features, each where it is strongest', async () => {
    const { token, features } = await ask('sonde/editor/features', { uri: URI });
    expect(token).toBeNull();
    expect(features.every(({ range, tokens }) => range !== null && tokens > 0)).toBe(true);
  });

  test('gets the heat of a feature at every token, silent ones too', async () => {
    const feature = await someFeature();
    const { tokens, max } = await ask('sonde/editor/heat', { uri: URI, feature });
    expect(new Set(tokens.map(({ unit }) => unit))).toEqual(new Set([0, 1]));
    expect(Math.max(...tokens.map(({ share }) => share))).toBeGreaterThan(0);
    for (const { activation, share } of tokens) expect(share).toBeCloseTo(Math.max(0, activation) / max, 5);
    expect(tokens.map(({ text }) => text).join('')).toContain('Anna has a red boat.');
  });

  test('compares two prompts: equal tokens before the change differ in nothing', async () => {
    const { tokens, gained, lost, before, after } = await ask('sonde/editor/compare', {
      before: place(0, 0),
      after: place(2, 0),
    });
    expect([before.title, after.title]).toEqual(['prompt 1', 'prompt 2']);
    const same = tokens.findIndex((pair) => pair.before?.text !== pair.after?.text);
    expect(same).toBeGreaterThan(0);
    for (const pair of tokens.slice(0, same)) expect([pair.gained, pair.lost]).toEqual([[], []]);
    expect(gained.length + lost.length).toBeGreaterThan(0);
    for (const change of gained) expect(change.after).toBeGreaterThan(change.before);
    for (const change of lost) expect(change.after).toBeLessThan(change.before);
  });

  test('gets a page and the evidence of the workspace for it', async () => {
    const feature = await someFeature();
    const page = await ask('sonde/editor/page', { feature });
    expect(page.top_logits!.length).toBeGreaterThan(0);
    const evidence = await ask('sonde/editor/evidence', { feature });
    const { firing, histogram, quantiles, texts } = evidence;
    expect(texts).toBe(2);
    expect(firing).toBeGreaterThan(0);
    expect(histogram.counts.reduce((a, b) => a + b, 0)).toBe(firing);
    for (const { examples } of quantiles) {
      for (const { tokens, at, activation } of examples) expect(tokens[at]!.activation).toBe(activation);
    }
  });

  test('renames by an edit of the label file, and takes a label away', async () => {
    const feature = await someFeature();
    const { edit } = await ask('sonde/editor/relabel', { feature, label: 'boats' });
    expect(JSON.stringify(edit)).toContain('boats');
    expect(JSON.stringify((await ask('sonde/editor/relabel', { feature, label: null })).edit)).toContain(
      '\\"label\\":\\"\\"',
    );
    await expect(ask('sonde/editor/relabel', { feature, label: 'two\nlines' })).rejects.toThrow('one line');
    await expect(ask('sonde/editor/relabel', { feature: { ...feature, index: 10 ** 6 }, label: 'x' })).rejects.toThrow(
      'has features 0',
    );
  });

  test('sees labels of the open label file at once', async () => {
    const feature = await someFeature();
    const { digest } = engine.dictionaries({}).find(({ name }) => name === feature.dictionary)!;
    const line = {
      dictionary: feature.dictionary,
      digest,
      feature: feature.index,
      label: 'boats at sea',
      source: 'me',
    };
    client.open(`${FOLDER}/.sonde/labels.jsonl`, `${JSON.stringify(line)}\n`, 'jsonl');
    await eventually(
      'the label',
      async () => (await ask('sonde/editor/page', { feature })).feature.label === 'boats at sea',
    );
    const symbols = await client.request<{ name: string }[]>('workspace/symbol', { query: 'at sea' });
    expect(symbols[0]!.name).toBe('boats at sea');
    client.notify('textDocument/didClose', { textDocument: { uri: `${FOLDER}/.sonde/labels.jsonl` } });
    await eventually(
      'no label',
      async () => (await ask('sonde/editor/page', { feature })).feature.label !== 'boats at sea',
    );
  });

  test('pins features: they come first where they fire', async () => {
    const { features } = await ask('sonde/editor/features', place(0, 13));
    const last = features.at(-1)!;
    await ask('sonde/editor/pin', { features: [{ dictionary: last.dictionary, index: last.index }] });
    const { features: now } = await ask('sonde/editor/features', place(0, 13));
    expect([now[0]!.index, now[0]!.pinned]).toEqual([last.index, true]);
    await ask('sonde/editor/pin', { features: [] });
  });

  test('lists prompts, status, and annotates a selection of any document', async () => {
    expect((await ask('sonde/editor/units', { uri: URI })).units.map(({ title }) => title)).toEqual([
      'prompt 1',
      'prompt 2',
    ]);
    const status = await ask('sonde/editor/status', { uri: URI });
    expect(status.document).toMatchObject({ model: 'tinyworld', problem: null });
    const uri = `${FOLDER}/notes.md`;
    client.open(uri, '# Notes\n\nAnna has a red boat.\n', 'markdown');
    const hints = () =>
      client.request<object[]>('textDocument/inlayHint', {
        textDocument: { uri },
        range: { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } },
      });
    expect(await hints()).toEqual([]);
    const range = { start: { line: 2, character: 0 }, end: { line: 2, character: 20 } };
    expect((await ask('sonde/editor/annotate', { uri, range })).ranges).toEqual([range]);
    const hover = await client.request('textDocument/hover', {
      textDocument: { uri },
      position: { line: 2, character: 12 },
    });
    expect(hover).not.toBeNull();
    expect((await ask('sonde/editor/annotate', { uri })).ranges).toEqual([]);
  });

  test('is told what is wrong with its parameters', async () => {
    await expect(client.request('sonde/editor/heat', { uri: URI })).rejects.toMatchObject({ code: -32602 });
    await expect(
      client.request('sonde/editor/heat', { uri: URI, feature: { dictionary: 'layer_0', index: 1 }, x: 1 }),
    ).rejects.toMatchObject({ code: -32602 });
    await expect(client.request('sonde/editor/page', { feature: { dictionary: 'none', index: 1 } })).rejects.toThrow(
      'No dictionary "none"',
    );
    await expect(client.request('sonde/editor/units', { uri: 'file:///nowhere' })).rejects.toThrow('is not open');
  });
});

describe('problems', () => {
  async function problemsOf(uri: string, text: string, languageId = 'sonde-prompt') {
    client.open(uri, text, languageId);
    const range = { start: { line: 0, character: 0 }, end: { line: 50, character: 0 } };
    let found: { code: string; range: { start: { line: number } } }[] = [];
    await client.request('textDocument/inlayHint', { textDocument: { uri }, range });
    await eventually(`problems of ${uri}`, () => {
      const told = client.notifications.filter(
        ({ method, params }) => method === 'textDocument/publishDiagnostics' && (params as { uri: string }).uri === uri,
      );
      found = (told.at(-1)?.params as { diagnostics: typeof found } | undefined)?.diagnostics ?? [];
      return found.length > 0;
    });
    return found.map(({ code, range: { start } }) => `${start.line} ${code}`);
  }

  test.each<[string, string, string, string[]]>([
    ['an unknown model, at its name', '---\nmodel: nobody/nothing\n---\nHello', 'a.prompt', ['1 file-not-found']],
    ['half-typed front matter', '---\nmod\n---\nHello', 'b.prompt', ['1 front-matter-syntax']],
    ['a broken row, and the others work', '{"text": "Anna"}\n{"text": \n{"text": "Ben"}', 'c.jsonl', ['1 row-syntax']],
    ['a text that is cut at the context', `${'Anna has a red boat. '.repeat(80)}`, 'd.prompt', ['0 context-exceeded']],
  ])('%s', async (_, text, file, expected) => {
    const found = await problemsOf(`${FOLDER}/${file}`, text);
    expect(found).toEqual(expect.arrayContaining(expected));
  });
});

describe('front matter', () => {
  test('names features that come first in its text', async () => {
    const { features } = await ask('sonde/editor/features', place(0, 13));
    const { dictionary, index } = features.at(-1)!;
    const uri = `${FOLDER}/first.prompt`;
    client.open(uri, `---\nfeatures: "${dictionary} #${index}"\n---\nAnna has a red boat.`);
    const { features: now } = await ask('sonde/editor/features', { uri, position: { line: 3, character: 13 } });
    expect(now[0]).toMatchObject({ dictionary, index, pinned: true });
  });

  test('is completed by keys that are not there and by what the daemon has', async () => {
    const uri = `${FOLDER}/f.prompt`;
    client.open(uri, '---\nmodel: tinyworld\nla\nhook: \n---\nHello');
    const at = async (line: number, character: number) =>
      (
        await client.request<{ label: string }[]>('textDocument/completion', {
          textDocument: { uri },
          position: { line, character },
        })
      ).map(({ label }) => label);
    const keys = await at(2, 2);
    expect(keys).toContain('layer');
    expect(keys).not.toContain('model');
    expect(await at(3, 6)).toContain('blocks.2.hook_attn_out');
    expect(await at(5, 2)).toEqual([]);
    client.change(uri, 2, { start: { line: 3, character: 0 }, end: { line: 3, character: 6 } }, 'features: ');
    const labels = (await at(3, 10)).map((label) => JSON.parse(label) as string);
    expect(labels.length).toBeGreaterThan(0);
    expect(labels).not.toContain('unmatched');
    const hover = await client.request<{ contents: { value: string } }>('textDocument/hover', {
      textDocument: { uri },
      position: { line: 1, character: 2 },
    });
    expect(hover.contents.value).toContain('The model that reads the prompt');
  });
});
