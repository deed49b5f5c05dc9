/** What the relay says in its editor's place, frame by frame. */
import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { editorSide } from '../../server/src/cli/editor-side.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sonde-side-')));
writeFileSync(join(folder, 'a.prompt'), 'text');
const uri = pathToFileURL(folder).href;
const READ = { method: 'sonde/workspace/read', params: { uri: `${uri}/a.prompt`, limit: 10 } };

/** Asks in the server's place, after the editor has said its part; null where the question went on to the editor. */
async function ask(said: readonly object[], question: object = READ): Promise<unknown> {
  const side = editorSide(join(folder, 'pages'));
  for (const message of said) side.fromEditor(JSON.stringify(message));
  const frame = JSON.stringify({ jsonrpc: '2.0', id: 'q1', ...question });
  return new Promise((resolve) => {
    if (side.fromServer(frame, (answer) => resolve(JSON.parse(answer))) === frame) resolve(null);
  });
}

const initialize = (params: object) => ({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
const answered = (text: string | null) => ({ jsonrpc: '2.0', id: 'q1', result: { text, truncated: false } });
const moved = (event: unknown) => ({ method: 'workspace/didChangeWorkspaceFolders', params: { event } });

describe('a question about files is answered over the folders that the editor has told', () => {
  const withRoot = initialize({ capabilities: {}, rootUri: uri });
  test.each<[name: string, said: object[], text: string | null]>([
    ['its root', [withRoot], 'text'],
    ['its folders', [initialize({ capabilities: {}, workspaceFolders: [{ uri, name: '' }] })], 'text'],
    ['folders over the root', [initialize({ capabilities: {}, rootUri: uri, workspaceFolders: [] })], null],
    ['none', [initialize({ capabilities: {}, rootUri: null })], null],
    ['one that came', [initialize({ capabilities: {} }), moved({ added: [{ uri }] })], 'text'],
    ['one that went', [withRoot, moved({ removed: [{ uri }] })], null],
    ['folders of an odd shape', [initialize({ capabilities: {}, workspaceFolders: [7, null, { uri: 3 }] })], null],
    ['a change of an odd shape', [withRoot, moved(null), moved({ added: 'x', removed: [null] })], 'text'],
    ['a second attempt', [initialize({}), withRoot], 'text'],
    ['nothing yet', [], null],
  ])('%s', async (_, said, text) => expect(await ask(said)).toEqual(answered(text)));
});

test('an editor that answers itself is asked', async () => {
  const experimental = { sonde: { workspaceFiles: true } };
  expect(await ask([initialize({ capabilities: { experimental }, rootUri: uri })])).toBeNull();
});

test('a question that does not fit is answered with an error', async () => {
  expect(await ask([], { method: 'sonde/workspace/read', params: { uri: 7 } })).toMatchObject({
    id: 'q1',
    error: { code: -32603 },
  });
});

test('the server learns that files are answered for, and everything else of the editor’s hello stays', () => {
  const hello = initialize({
    processId: 1,
    capabilities: { window: { x: 1 }, experimental: { other: true, sonde: { commands: true } } },
  });
  const told = JSON.parse(editorSide(folder).fromEditor(JSON.stringify(hello)));
  const experimental = { other: true, sonde: { commands: true, workspaceFiles: true } };
  expect(told).toEqual({ ...hello, params: { processId: 1, capabilities: { window: { x: 1 }, experimental } } });
});

test.each([
  '',
  'null',
  '7',
  '"initialize"',
  '["initialize"]',
  '{"method":"initialize"',
  '{"method":"initialize"}',
  '{"method":"initialize","params":null}',
  '{"method":"initialize","params":{"capabilities":7}}',
  '{"method":"textDocument/didOpen","params":{"text":"\\"initialize\\""}}',
])('%s goes on as it is', (frame) => {
  expect(editorSide(folder).fromEditor(frame)).toBe(frame);
  expect(editorSide(folder).fromServer(frame, () => undefined)).toBe(frame);
});
