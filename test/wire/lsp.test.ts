/** The editors' door as an editor meets it: `sonde lsp --stdio` in front of a real daemon. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InlayHint, Location, LocationLink, WorkspaceEdit } from 'vscode-languageserver-protocol';
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts';
import { greet, type StdioEditor, spawnEditor } from '../support/stdio-editor.ts';

let daemon: TestDaemon;
const editors: StdioEditor[] = [];

beforeAll(async () => {
  daemon = await startTestDaemon();
});

afterAll(async () => {
  for (const { process: child } of editors) child.kill();
  await daemon.end();
});

function connectEditor(args?: readonly string[], environment: Record<string, string> = {}): StdioEditor {
  const cache = mkdtempSync(join(tmpdir(), 'sonde-cache-'));
  const editor = spawnEditor({ SONDE_STATE_FOLDER: daemon.folder, XDG_CACHE_HOME: cache, ...environment }, args);
  editors.push(editor);
  return editor;
}

/** A folder of files, as a URI. */
function workspace(files: Readonly<Record<string, string>>): { folder: string; uri: string; of(name: string): string } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sonde-workspace-')));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const of = (name: string): string => pathToFileURL(join(folder, name)).href;
  return { folder, uri: pathToFileURL(folder).href, of };
}

const at = (uri: string, line: number, character: number) => ({
  textDocument: { uri },
  position: { line, character },
});
const linesOf = (uri: string, to: number) => ({
  textDocument: { uri },
  range: { start: { line: 0, character: 0 }, end: { line: to, character: 0 } },
});
const labelOf = ({ label }: InlayHint): string =>
  typeof label === 'string' ? label : label.map(({ value }) => value).join('');

test('an editor opens, sees, follows, names and pins features, and leaves', async () => {
  const { folder, uri, of } = workspace({ 'a.prompt': 'Hello there\n', 'closed.jsonl': '{"text":"Hello \\u00e9"}\n' });
  const editor = connectEditor();
  const { connection } = editor;
  const { serverInfo } = await greet(editor, uri);
  expect(serverInfo.version).toBe(daemon.state.version);
  const document = of('a.prompt');
  editor.open(document, 'Hello there\n');

  const hints = await editor.until<InlayHint[]>(
    'textDocument/inlayHint',
    linesOf(document, 1),
    (got) => got.length > 2,
  );
  expect(hints.every(({ position: { line } }) => line === 0)).toBe(true);
  const hover = await connection.sendRequest<{ contents: { value: string } }>('textDocument/hover', at(document, 0, 0));
  expect(hover.contents.value).toContain('**Not explained**');

  const [link] = await connection.sendRequest<LocationLink[]>('textDocument/definition', at(document, 0, 0));
  const page = fileURLToPath(link!.targetUri);
  expect(statSync(page).mode & 0o777).toBe(0o400);
  expect(readFileSync(page, 'utf8')).toContain('## Tokens that it raises');

  const references = await connection.sendRequest<Location[]>('textDocument/references', {
    ...at(document, 0, 0),
    context: { includeDeclaration: false },
  });
  expect(new Set(references.map((place) => place.uri))).toEqual(new Set([document, of('closed.jsonl')]));

  const edit = await connection.sendRequest<WorkspaceEdit>('textDocument/rename', {
    ...at(document, 0, 0),
    newName: 'greeting',
  });
  const [change] = edit.documentChanges as { textDocument: { uri: string }; edits: { newText: string }[] }[];
  expect(change!.textDocument.uri).toBe(of('.sonde/labels.jsonl'));
  mkdirSync(join(folder, '.sonde'));
  writeFileSync(join(folder, '.sonde', 'labels.jsonl'), change!.edits[0]!.newText);
  await connection.sendNotification('workspace/didChangeWatchedFiles', {
    changes: [{ uri: of('.sonde/labels.jsonl'), type: 1 }],
  });
  await editor.until<InlayHint[]>('textDocument/inlayHint', linesOf(document, 1), (got) =>
    got.some((hint) => labelOf(hint).includes('greeting')),
  );

  const { dictionary, feature: index } = JSON.parse(change!.edits[0]!.newText) as {
    dictionary: string;
    feature: number;
  };
  const pin = { command: 'sonde.server.pin', arguments: [{ dictionary, index }] };
  expect(await connection.sendRequest('workspace/executeCommand', pin)).toBeNull();
  await editor.until<InlayHint[]>('textDocument/inlayHint', linesOf(document, 1), (got) =>
    got.some((hint) => labelOf(hint).startsWith('★ greeting')),
  );

  expect(await connection.sendRequest('shutdown')).toBeNull();
  await connection.sendNotification('exit');
  expect(await editor.ended).toBe(0);
  expect(editor.stderr()).toBe('');
});
