import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EDITOR_NOTIFICATIONS, EDITOR_REQUESTS, WORKSPACE_REQUESTS } from '../../protocol/src/editor.ts';
import { METHODS, NOTIFICATIONS, REQUESTS } from '../../protocol/src/methods.ts';
import { methodTable, openRpcDocument } from '../../protocol/src/openrpc.ts';

const root = new URL('../../protocol/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, root), 'utf8');

describe.each([...METHODS.values(), ...EDITOR_REQUESTS, ...WORKSPACE_REQUESTS])(
  '$name',
  ({ name, params, result, example, summary }) => {
    test('has an example that its own schemas accept', () => {
      expect(params.strict().safeParse(example.params).error).toBeUndefined();
      expect(result.safeParse(example.result).error).toBeUndefined();
    });

    test('is named sonde/noun/verb and described by a sentence', () => {
      expect(name).toMatch(/^(initialize|shutdown|sonde\/[a-z]+\/[a-z]+)$/);
      expect(summary).toMatch(/^[A-Z].*\.$/);
    });
  },
);

test('every notification has an example that its schema accepts', () => {
  for (const { params, example } of [...NOTIFICATIONS, ...EDITOR_NOTIFICATIONS])
    expect(params.safeParse(example.params).error).toBeUndefined();
});

test('no two messages share a name', () => {
  expect(METHODS.size).toBe(REQUESTS.length);
});

test('protocol/openrpc.json is current (else: npm run openrpc -w protocol)', () => {
  expect(JSON.parse(read('openrpc.json'))).toEqual(openRpcDocument());
});

test.each([
  ['methods', methodTable()],
  ['editor', methodTable(EDITOR_REQUESTS)],
  ['workspace', methodTable(WORKSPACE_REQUESTS)],
])('the table of %s in protocol/README.md is current (else: npm run openrpc -w protocol)', (name, current) => {
  const cells = (text: string): string[] => text.split('|').map((cell) => cell.trim().replace(/^-+$/, '-'));
  const pattern = new RegExp(`<!-- ${name} -->\\s+([\\s\\S]+?)\\s+<!-- /${name} -->`);
  const [, table = ''] = pattern.exec(read('README.md')) ?? [];
  // The formatter aligns columns.
  expect(cells(table)).toEqual(cells(current));
});
