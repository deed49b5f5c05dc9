import { expect, test } from 'vitest';
import { bufferReader } from '../../server/src/formats/byte-reader.ts';
import { readEntry, readZipDirectory } from '../../server/src/formats/zip.ts';
import { expectError } from '../support/expect-error.ts';
import { type BuiltEntry, buildZip } from '../support/zip-builder.ts';

const content = new TextEncoder().encode('the content '.repeat(20));
const open = (entries: readonly BuiltEntry[], zip64 = false) =>
  readZipDirectory(bufferReader(buildZip(entries, { zip64 })));

/** Reads every entry of an archive, as its users do. */
function readAll(entries: readonly BuiltEntry[]): void {
  const reader = bufferReader(buildZip(entries));
  for (const entry of readZipDirectory(reader).values()) readEntry(reader, entry);
}

test.each([false, true])('stored and deflated entries are read, with zip64 records: %s', (zip64) => {
  const built = [
    { name: 'a', content },
    { name: 'd/b', content, deflate: true },
    { name: 'empty', content: new Uint8Array() },
    { name: 'empty deflated', content: new Uint8Array(), deflate: true },
  ];
  const reader = bufferReader(buildZip(built, { zip64 }));
  const entries = readZipDirectory(reader);
  for (const { name, content } of built) expect(new Uint8Array(readEntry(reader, entries.get(name)!))).toEqual(content);
  const stored = entries.get('a')!;
  expect(reader.read(stored.dataOffset, stored.size)).toEqual(content);
});

test('an archive with a comment and an empty archive are read', () => {
  const bytes = buildZip([{ name: 'a', content }]);
  const commented = new Uint8Array([...bytes, ...new TextEncoder().encode('note')]);
  new DataView(commented.buffer).setUint16(bytes.length - 2, 4, true);
  expect(readZipDirectory(bufferReader(commented)).size).toBe(1);
  expect(open([]).size).toBe(0);
});

test.each(['../a', 'a/../b', '/a', 'a\\b', 'C:a', 'a\0', '', '..'])('the entry name %j is unsafe', (name) => {
  expectError('unsafe-file', () => open([{ name, content }]), 'unsafe name');
});

test('a repeated entry is unsafe', () => {
  expectError(
    'unsafe-file',
    () =>
      open([
        { name: 'a', content },
        { name: 'a', content },
      ]),
    '"a" twice',
  );
});

test('encryption and other methods are unsupported', () => {
  expectError('unsupported-format', () => open([{ name: 'a', content, flags: 1 }]), 'encryption');
  expectError('unsupported-format', () => open([{ name: 'a', content, method: 12 }]), 'method 12');
});

const CORRUPT: readonly [string, readonly BuiltEntry[], string][] = [
  ['another name in the local header', [{ name: 'a', localName: 'b', content }], 'another name'],
  [
    'entries that overlap',
    [
      { name: 'a', content },
      { name: 'b', localName: 'a', content, headerOffset: 0 },
    ],
    'overlaps',
  ],
  [
    'an entry that runs into the directory',
    [{ name: 'a', content, size: 5000, compressedSize: 5000 }],
    'outside the file',
  ],
  ['an entry without a local header', [{ name: 'a', content, headerOffset: 1 }], 'no local header'],
  ['two sizes of a stored entry', [{ name: 'a', content, size: 3 }], 'two sizes'],
  ['a wrong checksum', [{ name: 'a', content, crc32: 1 }], 'CRC-32'],
  ['a wrong checksum of a deflated entry', [{ name: 'a', content, deflate: true, crc32: 1 }], 'CRC-32'],
  ['content longer than declared', [{ name: 'a', content, deflate: true, size: 10 }], 'does not inflate'],
  ['content shorter than declared', [{ name: 'a', content, deflate: true, size: 999 }], 'wrong size'],
  ['content that is not deflated', [{ name: 'a', content: content.fill(0xff, 0, 9), method: 8 }], 'does not inflate'],
];

test.each(CORRUPT)('an archive with %s is corrupt', (_, entries, text) => {
  expectError('corrupt-file', () => readAll(entries), text);
});

test('a truncated archive is corrupt at every length', () => {
  const bytes = buildZip([{ name: 'a', content }], { zip64: true });
  for (let length = 0; length < bytes.length; length++) {
    expectError('corrupt-file', () => readZipDirectory(bufferReader(bytes.subarray(0, length))));
  }
});

test('a directory with too many entries is refused', () => {
  const empty = new Uint8Array();
  const many = Array.from({ length: 10_001 }, (_, i) => ({ name: `${i}`, content: empty }));
  expectError('too-large', () => open(many), '10001 entries', '10000');
});

test('an archive that inflates like a bomb is refused before it is inflated', () => {
  expectError('too-large', () => open([{ name: 'a', content: new Uint8Array(80 * 2 ** 20), deflate: true }]), 'bomb');
  expectError('too-large', () => open([{ name: 'a', content, deflate: true, size: 2 ** 33 }], true), 'bomb');
});

test('a small tensor of zeros is no bomb', () => {
  readAll([{ name: 'a', content: new Uint8Array(2 ** 20), deflate: true }]);
});
