/** The editors' door as an editor meets it: `sonde lsp --stdio` in front of a real daemon. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InlayHint, Location, LocationLink, Position, WorkspaceEdit } from 'vscode-languageserver-protocol';
import { findDaemon } from '../../server/src/daemon/state.ts';
import { eventually, startTestDaemon, type TestDaemon } from '../support/daemon.ts';
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
  // Many features a hint: which one is the strongest changes when rates are there.
  const { serverInfo } = await greet(editor, uri, { topK: 64, threshold: 0, hideDense: false, hideBosOnly: false });
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

test('a daemon that an editor started ends when it is told to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-state-'));
  const editor = connectEditor(['lsp', '--stdio', '--idle-shutdown', '1'], { SONDE_STATE_FOLDER: folder });
  await greet(editor, null);
  expect(findDaemon(folder)).not.toBeNull();
  await editor.connection.sendRequest('shutdown');
  await editor.connection.sendNotification('exit');
  expect(await editor.ended).toBe(0);
  await eventually('the daemon has ended', () => findDaemon(folder) === null);
});

test('what is broken is told at its place, and the rest works', async () => {
  const { uri, of } = workspace({});
  const editor = connectEditor();
  // An editor without hints: the server traces a document's first texts for its problems.
  await greet(editor, uri, {}, { textDocument: {} });
  const diagnosed = async (name: string, text: string): Promise<string[]> => {
    editor.open(of(name), text);
    let last: Diagnosed['diagnostics'] = [];
    await eventually(`problems of ${name}`, () => {
      const told = editor.notifications.flatMap(({ method, params }) =>
        method === 'textDocument/publishDiagnostics' ? [params as Diagnosed] : [],
      );
      last = told.findLast((one) => one.uri === of(name))?.diagnostics ?? [];
      return last.length > 0;
    });
    return last.map(({ code, range }) => `${code} at ${range.start.line}:${range.start.character}`);
  };
  expect(await diagnosed('half.prompt', '---\nlayer: x\nHello\n')).toEqual(
    expect.arrayContaining(['front-matter-open at 0:0', 'front-matter-value at 1:7']),
  );
  expect(await diagnosed('rows.jsonl', '{"text":"a"}\n{"text":"b\n{"text":"c"}\n')).toContain('row-syntax at 1:10');
  for (const line of [0, 2]) {
    const found = await editor.connection.sendRequest('textDocument/hover', at(of('rows.jsonl'), line, 9));
    expect(found).not.toBeNull();
  }
});

interface Diagnosed {
  readonly uri: string;
  readonly diagnostics: readonly { readonly code: string; readonly range: { readonly start: Position } }[];
}

test('messages that are none, or come too early, are answered with errors, and the session goes on', async () => {
  const editor = connectEditor();
  const early = editor.connection.sendRequest('textDocument/hover', at('file:///a.prompt', 0, 0));
  await expect(early).rejects.toMatchObject({ code: -32002 });
  for (const body of ['no JSON', '[]', '{"jsonrpc":"2.0","method":"$/cancelRequest"}', '{"id":{}}']) {
    editor.process.stdin!.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
  }
  await greet(editor, null);
  editor.open('file:///a.prompt', 'Hello\n');
  expect(await editor.connection.sendRequest('textDocument/hover', at('file:///a.prompt', 0, 0))).not.toBeNull();
});

test('bytes without frames end the relay with a sentence', async () => {
  const editor = connectEditor();
  editor.process.stdin!.write('no header at all\r\n\r\n');
  expect(await editor.ended).toBe(4);
  expect(editor.stderr()).toContain('cannot be framed');
});

test('an editor that vanishes leaves the daemon to the others', async () => {
  const vanishing = connectEditor();
  await greet(vanishing, null);
  vanishing.open('file:///a.prompt', 'Going away\n---\n'.repeat(40));
  void vanishing.connection
    .sendRequest('textDocument/inlayHint', linesOf('file:///a.prompt', 80))
    .catch(() => undefined);
  await vanishing.connection.sendRequest('textDocument/hover', at('file:///a.prompt', 0, 0));
  vanishing.process.kill('SIGKILL');
  const other = connectEditor();
  await greet(other, null);
  other.open('file:///a.prompt', 'Hello\n');
  expect(await other.connection.sendRequest('textDocument/hover', at('file:///a.prompt', 0, 0))).not.toBeNull();
});

test('texts and tokens are not in the log', () => {
  expect(daemon.log()).toContain('client connected');
  for (const secret of ['Going away', 'Hello there', 'greeting', daemon.token])
    expect(daemon.log()).not.toContain(secret);
});

describe('a line that cannot be ends at once, with a sentence and its exit code', () => {
  const check = async (editor: StdioEditor, code: number, sentence: RegExp): Promise<void> => {
    expect(await editor.ended).toBe(code);
    expect(editor.stderr()).toMatch(sentence);
    expect(editor.stderr().trim().split('\n')).toHaveLength(1);
    expect(editor.stdout()).toBe('');
  };

  test('a wrong token', async () => {
    const url = daemon.state.url.replace(/\/rpc$/, '');
    const editor = connectEditor(['lsp', '--stdio', '--url', url], { SONDE_TOKEN: 'wrong' });
    await check(editor, 5, /unauthorised: .+refuses \(401\): Wrong token/);
  });

  test.each(['a wrong one', 'wröng', 'a,b'])('a token that cannot be one: %s', async (token) => {
    const editor = connectEditor(['lsp', '--stdio', '--url', 'ws://127.0.0.1:1'], { SONDE_TOKEN: token });
    await check(editor, 5, /unauthorised: The token for 127.0.0.1:1 is none/);
  });

  test('a certificate that is not there', async () => {
    const args = ['lsp', '--stdio', '--url', 'wss://127.0.0.1:1', '--certificate', '/no/such.pem'];
    await check(
      connectEditor(args, { SONDE_TOKEN: 'x' }),
      3,
      /file-not-found: The certificate cannot be read: .+such\.pem/,
    );
  });

  test('nobody at that address', async () => {
    const editor = connectEditor(['lsp', '--stdio', '--url', 'ws://127.0.0.1:1'], { SONDE_TOKEN: 'x' });
    await check(editor, 4, /No daemon answers at .+ECONNREFUSED/);
  });

  test('a daemon whose messages are others', async () => {
    const file = join(daemon.folder, 'daemon.json');
    const state = readFileSync(file, 'utf8');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(state), version: '9.9.9', protocolVersion: 99 }));
    try {
      await check(connectEditor(), 5, /version 9\.9\.9.+protocol version 99; expected 1.+sonde stop/);
    } finally {
      writeFileSync(file, state);
    }
  });
});

test('a daemon that dies ends the relay, which says so', async () => {
  const editor = connectEditor();
  await greet(editor, null);
  daemon.process.kill('SIGKILL');
  expect(await editor.ended).toBe(4);
  expect(editor.stderr()).toContain('The daemon ended the line');
});
