import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileSize, openFile, readText, withFile } from '../../server/src/files/file-reader.ts';
import { expectError } from '../support/expect-error.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sonde-files-'));
  writeFileSync(join(folder, 'bytes'), Uint8Array.of(1, 2, 3, 4, 5));
  writeFileSync(join(folder, 'broken.json'), Uint8Array.of(0x7b, 0xff));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('reads exact ranges and refuses those that leave the file', () => {
  withFile(join(folder, 'bytes'), (reader) => {
    expect(reader.size).toBe(5);
    expect([...reader.read(1, 3)]).toEqual([2, 3, 4]);
    expect([...reader.read(5, 0)]).toEqual([]);
    expectError('corrupt-file', () => reader.read(3, 3), 'outside the file of 5 bytes');
    expectError('corrupt-file', () => reader.read(-1, 2));
  });
});

it('tells files from what is not one', () => {
  expect(fileSize(join(folder, 'bytes'))).toBe(5);
  expect(fileSize(folder)).toBe(null);
  expectError('file-not-found', () => openFile(folder), 'not a regular file');
  expectError('file-not-found', () => openFile(join(folder, 'none')));
  expectError('file-not-found', () => readText(join(folder, 'none')), 'does not exist');
  expectError('corrupt-file', () => readText(join(folder, 'broken.json')), 'UTF-8');
});
