import { expect, test } from 'vitest';
import { isRead, schemesOf } from '../../client-vscode/src/client/documents.ts';
import { settled } from '../../client-vscode/src/settled.ts';
import { type StatusText, statusText } from '../../client-vscode/src/status/status-text.ts';
import { after, cleanPairs, fromCursor, type PlacedUnit } from '../../client-vscode/src/unit-choices.ts';

const unit = (title: string, line: number, uri = 'file:///a.prompt'): PlacedUnit => ({
  title,
  uri,
  preview: '',
  range: { start: { line, character: 0 }, end: { line: line + 1, character: 3 } },
});
const UNITS = [unit('prompt 1', 0), unit('prompt 2 (clean)', 3), unit('prompt 2 (corrupt)', 6)];
const titles = (units: readonly PlacedUnit[]): string[] => units.map(({ title }) => title);

test('clean and corrupt neighbours are a pair, but not across documents', () => {
  expect(cleanPairs(UNITS).map(titles)).toEqual([['prompt 2 (clean)', 'prompt 2 (corrupt)']]);
  expect(cleanPairs([unit('clean', 0), unit('corrupt', 0, 'file:///b.prompt')])).toEqual([]);
});

test('the prompt under the cursor is offered first, the next one against it', () => {
  expect(titles(fromCursor(UNITS, { uri: 'file:///a.prompt', line: 4 }))[0]).toBe('prompt 2 (clean)');
  expect(titles(fromCursor(UNITS, undefined))).toEqual(titles(UNITS));
  expect(titles(after(UNITS, UNITS[1]!))).toEqual(['prompt 2 (corrupt)', 'prompt 1']);
});

test.each([
  ['file', 'sonde-prompt', '/x/a', true],
  ['untitled', 'sonde-prompt', 'Untitled-1', true],
  ['file', 'plaintext', '/x/rows.txt', true],
  ['file', 'jsonl', '/x/rows.jsonl', true],
  ['file', 'typescript', '/x/a.ts', false],
  ['git', 'sonde-prompt', '/x/a.prompt', false],
  ['vscode-vfs', 'sonde-prompt', '/x/a.prompt', true],
])('%s documents in %s at %s are read: %s', (scheme, languageId, path, read) => {
  const schemes = schemesOf([{ uri: { scheme: 'vscode-vfs' } }]);
  expect(isRead({ languageId, uri: { scheme, path } }, schemes)).toBe(read);
});

const STATUS = {
  version: '0.1.0',
  pid: 1,
  device: 'cpu',
  waiting: { interactive: 0, batch: 0 },
  restarts: 0,
  memoryBytes: 200_000_000,
  models: [{ name: '/m/tinyworld', architecture: 'gpt2', n_layers: 4, dictionaries: [] }],
  document: null,
};

test.each<[Parameters<typeof statusText>, Partial<StatusText>]>([
  [[{ kind: 'starting' }, undefined], { text: '$(loading~spin) Sonde', severity: 'plain' }],
  [[{ kind: 'reconnecting', failures: 1, message: 'gone' }, STATUS], { severity: 'warning' }],
  [[{ kind: 'failed', failure: { kind: 'token', message: 'wrong' } }, undefined], { severity: 'error' }],
  [[{ kind: 'ready' }, STATUS], { text: '$(pulse) tinyworld · cpu', severity: 'plain' }],
  [
    [{ kind: 'ready' }, { ...STATUS, waiting: { interactive: 1, batch: 2 } }],
    { text: '$(sync~spin) tinyworld · cpu · 3 waiting' },
  ],
  [
    [{ kind: 'ready' }, { ...STATUS, document: { model: null, dictionaries: [], problem: 'No such model.' } }],
    { text: '$(warning) Sonde · cpu', severity: 'warning' },
  ],
])('status %#', (given, expected) => expect(statusText(...given)).toMatchObject(expected));

test('a burst of calls is one run, and calls during a run are one more', async () => {
  let runs = 0;
  let finish = (): void => {};
  const { call } = settled(() => {
    runs++;
    return new Promise((resolve) => {
      finish = resolve;
    });
  }, 1);
  call();
  call();
  await expect.poll(() => runs).toBe(1);
  call();
  call();
  finish();
  await expect.poll(() => runs).toBe(2);
  finish();
  await new Promise((done) => setTimeout(done, 10));
  expect(runs).toBe(2);
});
