/** The editors' door over a line in memory, with the embedded model behind it. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../server/src/engine/engine.ts';
import { eventually } from '../support/daemon.ts';
import { CAPABILITIES, editorClient } from '../support/editor-client.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
const TINYWORLD = fileURLToPath(new URL('../../server/models/tinyworld', import.meta.url));
const URI = 'file:///texts/test.prompt';
const TEXT =
  'The old fisherman walked to the harbour. "Where is my boat?" he asked.\n---\nLe vieux chateau est grand.\n';
let engine: Engine;

beforeAll(async () => {
  engine = createEngine({ runner: runner(), modelMemoryLimit: 2 ** 31, sessionMemoryLimit: 2 ** 31 });
  await engine.loadModel({ name: 'tinyworld', folder: TINYWORLD });
  for (const name of readdirSync(`${TINYWORLD}/dictionaries`))
    await engine.loadDictionary({ path: `${TINYWORLD}/dictionaries/${name}` });
  // Rates change what is strongest when they come.
  for (const { name } of engine.dictionaries({ model: 'tinyworld' }))
    await engine.featureStats({ model: 'tinyworld', dictionary: name });
});

const WHOLE = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
const HINTS = { textDocument: { uri: URI }, range: WHOLE };
const at = (line: number, character: number) => ({ textDocument: { uri: URI }, position: { line, character } });

interface Hint {
  readonly position: { readonly line: number; readonly character: number };
  readonly label: readonly { readonly value: string; readonly location?: { readonly uri: string } }[];
}

/** Hints once everything is traced: they come twice the same. */
async function settledHints(client: Awaited<ReturnType<typeof editorClient>>): Promise<Hint[]> {
  let hints: Hint[] = [];
  await eventually('hints', async () => {
    const before = JSON.stringify(hints);
    hints = await client.request<Hint[]>('textDocument/inlayHint', HINTS);
    return hints.length > 0 && JSON.stringify(hints) === before;
  });
  return hints;
}

describe('a prompt', () => {
  test('carries hints at the ends of tokens, with a page behind each and a tooltip on demand', async () => {
    const client = await editorClient(engine, { settings: { unlabelled: true, density: 'dense' } });
    client.open(URI, TEXT);
    const hints = await settledHints(client);
    expect(new Set(hints.map(({ position: { line } }) => line))).toEqual(new Set([0, 2]));
    const [first] = hints;
    expect(first!.label[0]!.location!.uri).toMatch(/^sonde-feature:\/tinyworld\/layer_\d\/\d+\.md$/);
    const resolved = await client.request<Hint & { label: { tooltip: { value: string } }[] }>(
      'inlayHint/resolve',
      first!,
    );
    expect(resolved.label[0]!.tooltip.value).toContain('of its maximum');
    const page = await client.request<{ text: string }>('workspace/textDocumentContent', {
      uri: first!.label[0]!.location!.uri,
    });
    expect(page.text).toContain('## Tokens that it raises');
  });

  test('leaves the pages behind hints to clients that ask for them', async () => {
    const client = await editorClient(engine, {
      settings: { unlabelled: true, density: 'dense' },
      capabilities: {
        ...CAPABILITIES,
        textDocument: { inlayHint: { resolveSupport: { properties: ['label.tooltip', 'label.location'] } } },
      },
    });
    client.open(URI, TEXT);
    const [first] = await settledHints(client);
    expect(first!.label[0]).not.toHaveProperty('location');
    const resolved = await client.request<Hint>('inlayHint/resolve', first!);
    expect(resolved.label[0]!.location!.uri).toMatch(/^sonde-feature:\/tinyworld\/layer_\d\/\d+\.md$/);
  });

  test('shows labels that only list tokens where every token is to have a hint, else not', async () => {
    const texts = async (density: string): Promise<string[]> => {
      const client = await editorClient(engine, { settings: { density } });
      client.open(URI, 'def pack(cup):\n    # my bottle near the dark button\n    return cup[3] + 6\n');
      return (await settledHints(client)).flatMap(({ label }) => label.map(({ value }) => value));
    };
    const lists = (values: string[]): string[] => values.filter((value) => value.startsWith('token'));
    expect(lists(await texts('dense')).length).toBeGreaterThan(0);
    expect(lists(await texts('normal'))).toEqual([]);
  });

  test('tells in a hover features, what is not explained and what comes next', async () => {
    const client = await editorClient(engine);
    client.open(URI, TEXT);
    const hover = await client.request<{ contents: { value: string }; range: object }>('textDocument/hover', at(0, 10));
    expect(hover.contents.value).toContain('**Not explained**');
    expect(hover.contents.value).toContain('**Next**');
    expect(hover.contents.value).toContain('command:sonde.openFeature');
    expect(await client.request('textDocument/hover', at(1, 1))).toBeNull();
  });

  test('is highlighted, defined, referred to and named by the feature of a place', async () => {
    const folder = 'file:///texts';
    const client = await editorClient(engine, { folders: [folder] });
    client.open(URI, TEXT);
    // Which feature is the strongest may change until all is known of all features.
    await eventually('as many references as highlights', async () => {
      const highlights = await client.request<object[]>('textDocument/documentHighlight', at(0, 10));
      const references = await client.request<{ uri: string }[]>('textDocument/references', {
        ...at(0, 10),
        context: { includeDeclaration: false },
      });
      return highlights.length > 0 && references.length >= highlights.length;
    });
    const links = await client.request<{ targetUri: string }[]>('textDocument/definition', at(0, 10));
    expect(links[0]!.targetUri).toMatch(/^sonde-feature:/);
    const prepared = await client.request<{ placeholder: string }>('textDocument/prepareRename', at(0, 10));
    expect(prepared.placeholder.length).toBeGreaterThan(0);
    const edit = await client.request<{ documentChanges: { kind?: string; edits?: { newText: string }[] }[] }>(
      'textDocument/rename',
      { ...at(0, 10), newName: 'something at the sea' },
    );
    expect(edit.documentChanges[0]).toMatchObject({ kind: 'create', uri: `${folder}/.sonde/labels.jsonl` });
    const [line] = edit.documentChanges[1]!.edits!;
    expect(JSON.parse(line!.newText)).toMatchObject({ label: 'something at the sea', source: 'me' });
  });

  test('takes its labels from every folder, and is named in its own', async () => {
    const [first, second, third] = ['file:///one', 'file:///one/two', 'file:///three'];
    const files = new Map<string, string>();
    const client = await editorClient(engine, {
      folders: [first, `${second}/`],
      answers: {
        'sonde/workspace/read': ({ uri }: { uri: string }) => ({ text: files.get(uri) ?? null, truncated: false }),
      },
    });
    const uri = `${second}/a.prompt`;
    client.open(uri, TEXT);
    const place = { textDocument: { uri }, position: { line: 0, character: 10 } };
    const rename = async (newName: string): Promise<{ target: string; line: string }> => {
      const edit = await client.request<{
        documentChanges: { textDocument?: { uri: string }; edits?: { newText: string }[] }[];
      }>('textDocument/rename', { ...place, newName });
      const { textDocument, edits } = edit.documentChanges.at(-1)!;
      return { target: textDocument!.uri, line: edits![0]!.newText };
    };
    const { target, line } = await rename('seas');
    expect(target).toBe(`${second}/.sonde/labels.jsonl`);

    // Until all rates are known another feature may become the strongest here; a pinned one goes before any.
    const { dictionary, feature: index } = JSON.parse(line) as { dictionary: string; feature: number };
    await client.request('workspace/executeCommand', {
      command: 'sonde.server.pin',
      arguments: [{ dictionary, index }],
    });
    // The folder that joins has named it already: what it says is shown, and changed where it stands.
    files.set(`${third}/.sonde/labels.jsonl`, line);
    const event = { added: [{ uri: third, name: 'three' }], removed: [{ uri: first, name: 'one' }] };
    client.notify('workspace/didChangeWorkspaceFolders', { event });
    await eventually('the label of the folder that joined', async () => {
      const prepared = await client.request<{ placeholder: string }>('textDocument/prepareRename', place);
      return prepared.placeholder === 'seas';
    });
    expect((await rename('oceans')).target).toBe(`${third}/.sonde/labels.jsonl`);
  });

  test('keeps its hints while a new text is traced', async () => {
    const client = await editorClient(engine, { settings: { unlabelled: true, density: 'dense' } });
    client.open(URI, TEXT);
    const before = await settledHints(client);
    client.change(URI, 2, { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, 'X');
    const after = await client.request<Hint[]>('textDocument/inlayHint', HINTS);
    expect(after.filter(({ position: { line } }) => line === 2)).toEqual(
      before.filter(({ position: { line } }) => line === 2),
    );
    expect(after.filter(({ position: { line } }) => line === 0).length).toBeGreaterThan(0);
  });
});
