/** Clients that send what they should not, ask too much, or go: one mistake costs its own request and nothing else. */
import { beforeAll, describe, expect, test } from 'vitest';
import { SondeError } from '../../server/src/core/errors.ts';
import type { EditorEngine } from '../../server/src/editor/services.ts';
import type { Engine } from '../../server/src/engine/engine.ts';
import { MAX_IN_FLIGHT } from '../../server/src/lsp/transport.ts';
import { eventually } from '../support/daemon.ts';
import { CAPABILITIES, type EditorClient, editorClient } from '../support/editor-client.ts';
import { EDITOR_MODEL, editorEngine } from '../support/editor-engine.ts';
import { seededRandom } from '../support/random.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
const URI = 'file:///texts/a.prompt';
let engine: Engine;

beforeAll(async () => {
  engine = await editorEngine(runner);
});

const textDocument = { uri: URI };
const position = { line: 0, character: 1 };
const START = { line: 0, character: 0 };
const FAR = { line: 2 ** 31 - 1, character: 2 ** 31 - 1 };
const SETTINGS = { unlabelled: true, density: 'dense' };

async function opened(options: Parameters<typeof editorClient>[1] = {}): Promise<EditorClient> {
  const client = await editorClient(engine, { settings: SETTINGS, ...options });
  client.open(URI, 'Hello there\n---\nsecond one\n');
  return client;
}

const failure = (request: Promise<unknown>): Promise<{ code: number; message: string }> =>
  request.then(
    (result) => {
      throw new Error(`answered: ${JSON.stringify(result)}`);
    },
    (error) => error,
  );

describe('parameters that do not fit are the client’s mistake, told with their path', () => {
  test.each<[method: string, params: object, path: string]>([
    ['textDocument/hover', {}, 'textDocument'],
    ['textDocument/hover', { textDocument, position: { line: -1, character: 0 } }, 'position.line'],
    ['textDocument/hover', { textDocument, position: { line: 0.5, character: 0 } }, 'position.line'],
    ['textDocument/hover', { textDocument: { uri: 7 }, position }, 'textDocument.uri'],
    ['textDocument/definition', { textDocument }, 'position'],
    ['textDocument/documentHighlight', { textDocument, position: null }, 'position'],
    ['textDocument/references', { position }, 'textDocument'],
    ['textDocument/rename', { textDocument, position }, 'newName'],
    ['textDocument/prepareRename', { textDocument, position: [] }, 'position'],
    ['textDocument/completion', { textDocument, position: { line: '0', character: 0 } }, 'position.line'],
    ['textDocument/inlayHint', { textDocument }, 'range'],
    ['textDocument/inlayHint', { textDocument, range: { start: position } }, 'range.end'],
    ['textDocument/semanticTokens/range', { textDocument, range: null }, 'range'],
    ['textDocument/codeAction', { textDocument, range: {} }, 'range.start'],
    ['textDocument/codeLens', {}, 'textDocument'],
    ['codeLens/resolve', { range: { start: position, end: position } }, 'data'],
    ['inlayHint/resolve', { position, label: 7 }, 'label'],
    ['inlayHint/resolve', { position, label: [{ value: 'x' }], data: { model: 'm', features: 'x' } }, 'data.features'],
    ['textDocument/foldingRange', { textDocument: null }, 'textDocument'],
    ['textDocument/documentSymbol', { textDocument: {} }, 'textDocument.uri'],
    ['workspace/symbol', {}, 'query'],
    ['workspace/executeCommand', { command: 1 }, 'command'],
    ['workspace/textDocumentContent', {}, 'uri'],
    ['sonde/editor/pin', { features: 7 }, 'features'],
  ])('%s %j', async (method, params, path) => {
    const client = await opened();
    const error = await failure(client.request(method, params));
    expect(error).toMatchObject({ code: -32602, message: expect.stringContaining(`${path}:`) });
  });

  test('notifications that do not fit are left out', async () => {
    const client = await opened();
    client.notify('textDocument/didOpen', { textDocument: { uri: 'file:///texts/b.prompt' } });
    client.notify('textDocument/didChange', { textDocument });
    client.notify('textDocument/didChange', { textDocument, contentChanges: [{ range: { start: START } }] });
    client.notify('textDocument/didClose', {});
    client.notify('workspace/didChangeWatchedFiles', { changes: 3 });
    client.notify('workspace/didChangeConfiguration', { settings: 'odd' });
    client.notify('$/cancelRequest', {});
    client.notify('$/unheardOf', {});
    expect(await client.request('textDocument/hover', { textDocument, position })).not.toBeNull();
  });

  test('an initialize that does not fit may be tried again', async () => {
    const client = await editorClient(engine, { greet: false });
    for (const params of [{}, { capabilities: null }, { capabilities: {}, workspaceFolders: [7] }, { rootUri: 1 }])
      expect((await failure(client.request('initialize', params))).code).toBe(-32602);
    expect(await client.request('initialize', { capabilities: {} })).toHaveProperty('capabilities');
  });
});

test('of messages with random damage each costs nothing but itself', async () => {
  const client = await opened();
  const { uniform } = seededRandom(1);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(uniform() * values.length)]!;
  const damaged = (value: unknown): unknown => {
    if (uniform() < 0.1) return pick(ODD);
    if (Array.isArray(value)) return value.map(damaged);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, damaged(inner)]));
  };
  for (let i = 0; i < 600; i++) client.raw(JSON.stringify({ jsonrpc: '2.0', ...(damaged(pick(MESSAGES)) as object) }));
  client.raw('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{}}');
  client.raw('{"jsonrpc":"2.0","method":"$/cancelRequest"}');
  client.raw(Uint8Array.of(1, 2, 3));
  client.raw('[]');
  client.open(URI, 'Hello there\n');
  expect(await client.request('textDocument/hover', { textDocument, position })).not.toBeNull();
});

const ODD: readonly unknown[] = [null, -1, 1e300, 0.5, '', 'x', [], {}, true, [null], { uri: null }, '__proto__'];
const WHOLE_LINE = { start: START, end: { line: 1, character: 0 } };
const MESSAGES: readonly object[] = [
  { id: 10_001, method: 'textDocument/hover', params: { textDocument, position } },
  { id: 10_002, method: 'textDocument/rename', params: { textDocument, position, newName: 'x' } },
  { id: 10_003, method: 'textDocument/inlayHint', params: { textDocument, range: WHOLE_LINE } },
  { id: 10_004, method: 'sonde/editor/features', params: { uri: URI, range: WHOLE_LINE } },
  { id: 10_005, method: 'textDocument/codeAction', params: { textDocument, range: WHOLE_LINE, context: { only: [] } } },
  { id: 10_006, method: 'initialize', params: { capabilities: {} } },
  { id: 10_007, result: { items: [1] } },
  { id: 10_008, error: { code: 1, message: 'x' } },
  { method: 'textDocument/didOpen', params: { textDocument: { uri: URI, languageId: 'x', version: 1, text: 'a' } } },
  { method: 'textDocument/didChange', params: { textDocument, contentChanges: [{ range: WHOLE_LINE, text: 'a' }] } },
  { method: 'workspace/didChangeConfiguration', params: { settings: { sonde: { topK: 3 } } } },
  { method: 'workspace/didChangeWatchedFiles', params: { changes: [{ uri: URI, type: 1 }] } },
  { method: '$/cancelRequest', params: { id: 10_001 } },
  { method: '$/setTrace', params: { value: 'off' } },
  { method: '$/progress', params: { token: 1, value: {} } },
];

describe('places outside the document', () => {
  test.each<[method: string, params: object]>([
    ['textDocument/hover', { position: FAR }],
    ['textDocument/definition', { position: FAR }],
    ['textDocument/documentHighlight', { position: FAR }],
    ['textDocument/references', { position: FAR, context: {} }],
    ['textDocument/prepareRename', { position: FAR }],
    ['textDocument/completion', { position: FAR }],
    ['textDocument/inlayHint', { range: { start: START, end: FAR } }],
    ['textDocument/inlayHint', { range: { start: FAR, end: FAR } }],
    ['textDocument/inlayHint', { range: { start: FAR, end: START } }],
    ['textDocument/semanticTokens/range', { range: { start: FAR, end: FAR } }],
    ['textDocument/semanticTokens/range', { range: { start: START, end: FAR } }],
    ['textDocument/codeAction', { range: { start: FAR, end: FAR }, context: {} }],
    ['sonde/editor/units', { uri: URI, range: { start: START, end: FAR } }],
    ['sonde/editor/features', { uri: URI, range: { start: START, end: FAR } }],
    ['sonde/editor/annotate', { uri: URI, range: { start: START, end: FAR } }],
    ['sonde/editor/annotate', { uri: URI, range: { start: FAR, end: START } }],
  ])('%s %j', async (method, params) => {
    const client = await opened();
    const own = method.startsWith('sonde/') ? params : { textDocument, ...params };
    await client.request(method, own);
    expect(client.out.filter(({ error }) => error)).toEqual([]);
  });

  test('edits there go to the nearest place, whichever end is named first', async () => {
    const client = await opened();
    client.change(URI, 2, { start: FAR, end: { line: 2, character: 6 } }, '!');
    client.change(URI, 3, { start: FAR, end: FAR }, '?');
    const { units } = await client.request<{ units: { preview: string }[] }>('sonde/editor/units', { uri: URI });
    expect(units.map(({ preview }) => preview)).toEqual(['Hello there', 'second!?']);
  });
});

test('documents that are not open have nothing to show', async () => {
  const client = await opened();
  const other = { textDocument: { uri: 'untitled:Nothing' } };
  const range = { start: START, end: FAR };
  expect(await client.request('textDocument/hover', { ...other, position })).toBeNull();
  expect(await client.request('textDocument/inlayHint', { ...other, range })).toEqual([]);
  expect(await client.request('textDocument/codeLens', other)).toEqual([]);
  expect(await client.request('textDocument/documentSymbol', other)).toBeNull();
  expect(await client.request('textDocument/foldingRange', other)).toEqual([]);
});

test.each(['./100%', './a#b?c', './\\ud800', './/'])('a model named %j is told, and no fault', async (name) => {
  const locate = (): never => {
    throw new SondeError('file-not-found', 'There is no such folder.');
  };
  const client = await opened({ locate });
  client.open(URI, `---\nmodel: "${name}"\n---\nHello\n`);
  const error = await failure(
    client.request('textDocument/hover', { textDocument, position: { line: 3, character: 0 } }),
  );
  expect(error).toMatchObject({ message: expect.stringContaining('no such folder') });
});

test('a model that somebody else has unloaded is looked for anew', async () => {
  const own = await editorEngine(runner);
  const client = await editorClient(own, { settings: SETTINGS });
  client.open(URI, 'Hello\n');
  const hover = () => client.request('textDocument/hover', { textDocument, position });
  expect(await hover()).not.toBeNull();
  await own.unloadModel(EDITOR_MODEL);
  expect((await failure(hover())).message).toContain('The daemon has no model');
});

test('of many requests at once each is answered, those above the bound with an error', async () => {
  const client = await opened();
  const outcomes = await Promise.allSettled(
    Array.from({ length: MAX_IN_FLIGHT + 50 }, () => client.request('textDocument/hover', { textDocument, position })),
  );
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
  expect(refused).toEqual(Array.from({ length: 50 }, () => -32803));
  expect(await client.request('textDocument/hover', { textDocument, position })).not.toBeNull();
});

test('a client that never says which files there are is waited for only until the request is cancelled', async () => {
  const never = new Promise<never>(() => undefined);
  const client = await opened({ folders: ['file:///texts'], answers: { 'sonde/workspace/list': () => never } });
  const references = failure(client.request('textDocument/references', { textDocument, position, context: {} }));
  await eventually('the files are asked for', () => client.asked.some(({ method }) => method.endsWith('/list')));
  client.cancel(2);
  expect((await references).code).toBe(-32800);
});

test('a client that goes while work for it goes on takes nobody along', async () => {
  let measure = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    measure = resolve;
  });
  let scan = (): void => undefined;
  const scanning = new Promise<void>((resolve) => {
    scan = resolve;
  });
  const slow: EditorEngine = {
    ...engine,
    // The search is under way until its client has gone, however fast the machine.
    async traceColumns(call, signal) {
      if (call.lane === 'batch') {
        scan();
        await new Promise((resolve) => signal!.addEventListener('abort', resolve, { once: true }));
      }
      return engine.traceColumns(call, signal);
    },
    async featureStats(choice) {
      await begun;
      return engine.featureStats(choice);
    },
  };
  const leaving = await editorClient(slow, { settings: SETTINGS });
  leaving.open(URI, 'Going away\n'.repeat(50));
  expect(await leaving.request('textDocument/hover', { textDocument, position })).not.toBeNull();
  const references = failure(leaving.request('textDocument/references', { textDocument, position, context: {} }));
  void leaving.request('textDocument/inlayHint', { textDocument, range: WHOLE_LINE });
  await scanning;
  leaving.hangUp();
  expect((await references).code).toBe(-32800);
  const before = leaving.out.length;
  measure();
  const [info] = engine.dictionaries({ model: EDITOR_MODEL });
  await engine.featureStats({ model: EDITOR_MODEL, dictionary: info!.name });
  // Changes gather for a moment before they are told.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(leaving.out.slice(before).filter(({ method }) => method !== undefined)).toEqual([]);
  const staying = await opened();
  expect(await staying.request('textDocument/hover', { textDocument, position })).not.toBeNull();
});

test.each([
  [
    { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
    ['workspace/didChangeConfiguration'],
  ],
  [{ configuration: true, didChangeConfiguration: {} }, []],
  [{ didChangeWatchedFiles: { dynamicRegistration: true } }, ['workspace/didChangeWatchedFiles']],
  [{}, []],
])('a client that can %j is asked to register %j', async (workspace, methods) => {
  const client = await opened({ capabilities: { workspace } });
  await client.request('textDocument/hover', { textDocument, position });
  const registered = client.asked.flatMap(({ method, params }) =>
    method === 'client/registerCapability'
      ? (params as { registrations: { method: string }[] }).registrations.map((one) => one.method)
      : [],
  );
  expect(registered).toEqual(methods);
});

test('only clients that take links get links', async () => {
  const plain = await opened({ capabilities: { ...CAPABILITIES, textDocument: {} } });
  const linking = await opened();
  const request = ['textDocument/definition', { textDocument, position }] as const;
  const [place] = await plain.request<{ uri: string }[]>(...request);
  const [link] = await linking.request<{ targetUri: string }[]>(...request);
  expect(place!.uri).toBe(link!.targetUri);
});
