import { expect, test } from 'vitest';
import { bufferReader } from '../../server/src/formats/byte-reader.ts';
import { readNpz } from '../../server/src/formats/npz.ts';
import { expectError } from '../support/expect-error.ts';
import { expectFixture, fixtureReader } from '../support/format-fixtures.ts';
import { valuesOf } from '../support/tensor-bytes.ts';
import { buildZip } from '../support/zip-builder.ts';

/** An array file with a given header text. */
function npy(header: string, data: Uint8Array, { version = 1 } = {}): Uint8Array {
  const lengthBytes = version === 1 ? 2 : 4;
  const prefix = Buffer.alloc(8 + lengthBytes);
  prefix.write('\x93NUMPY', 'latin1');
  prefix[6] = version;
  if (version === 1) prefix.writeUInt16LE(header.length, 8);
  else prefix.writeUInt32LE(header.length, 8);
  return new Uint8Array(Buffer.concat([prefix, Buffer.from(header), data]));
}

const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
const archive = (content: Uint8Array, deflate = false) => bufferReader(buildZip([{ name: 'x.npy', content, deflate }]));
const bytes = (...values: number[]) => new Uint8Array(values);

test.each(['stored.npz', 'deflated.npz'])('every array of %s by NumPy is read exactly', (file) => {
  const reader = fixtureReader(file);
  expectFixture(file, reader, readNpz(reader));
});

test('stored row-major arrays stay in the file, fortran-order and deflated ones are copied', () => {
  const stored = readNpz(fixtureReader('stored.npz'));
  expect([...stored].map(([name, { kind }]) => `${name} ${kind}`)).toEqual([
    'W_enc file',
    'W_dec memory',
    'cube memory',
    'half file',
    'count file',
    'mask file',
  ]);
  expect([...readNpz(fixtureReader('deflated.npz')).values()].every(({ kind }) => kind === 'memory')).toBe(true);
});

test('all three versions of the header are read, in any order of fields', () => {
  for (const version of [1, 2, 3]) {
    const reader = archive(npy("{'shape': (2,), 'fortran_order': False, 'descr': '|u1'}", bytes(5, 6), { version }));
    expect(valuesOf(reader, readNpz(reader).get('x')!)).toEqual([5, 6]);
  }
});

test('entries that are no arrays are no tensors', () => {
  expect(readNpz(bufferReader(buildZip([{ name: 'README', content: bytes(1) }]))).size).toBe(0);
});

test('an object array, which is a pickle, is unsafe', () => {
  expectError('unsafe-file', () => readNpz(fixtureReader('objects.npz')), 'objects', 'pickle');
});

test.each([
  ["'>f4'", '>f4'],
  ["'<c8'", '<c8'],
  ["'<u2'", '<u2'],
  ["'|V2'", '|V2'],
  ["[('a', '<f4')]", 'a'],
])('element type %s is unsupported', (descr, found) => {
  expectError('unsupported-dtype', () => readNpz(archive(npy(header(descr, '(1,)'), bytes(0, 0, 0, 0)))), found, '<f4');
});

test('the big-endian file by NumPy is unsupported', () => {
  expectError('unsupported-dtype', () => readNpz(fixtureReader('big-endian.npz')), '>f4', 'astype');
});

const CORRUPT: readonly [string, Uint8Array, ...string[]][] = [
  ['no magic', bytes(1, 2, 3), 'not a .npy'],
  ['an unknown version', npy(header("'|u1'", '(0,)'), bytes(), { version: 4 }), 'version', '4'],
  ['a header beyond its end', npy(header("'|u1'", '(0,)'), bytes()).slice(0, 40), 'header length'],
  [
    'code in its header',
    npy("{'descr': __import__('os').system('x'), 'fortran_order': False, 'shape': (1,)}", bytes(0)),
    'array header',
  ],
  ['a missing field', npy("{'descr': '|u1', 'shape': (1,)}", bytes(0)), 'fortran_order'],
  ['a repeated field', npy("{'descr': '|u1', 'descr': '|u1', 'shape': (1,)}", bytes(0)), 'twice'],
  ['an unknown field', npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'x': True}", bytes(0)), 'descr'],
  ['a parenthesised number as shape', npy(header("'|u1'", '(1)'), bytes(0)), 'shape'],
  ['a shape above 2^53', npy(header("'|u1'", '(9007199254740993,)'), bytes(0)), 'shape'],
  ['a rank above the limit', npy(header("'|u1'", '(1,1,1,1,1,1,1,1,1)'), bytes(0)), 'rank', '9'],
  ['too few bytes', npy(header("'<f4'", '(2,)'), bytes(0, 0, 0, 0)), 'does not fill', '8'],
  ['too many bytes', npy(header("'|u1'", '()'), bytes(0, 0)), 'does not fill'],
];

test.each(CORRUPT)('an array with %s is corrupt, stored or deflated', (_, content, ...texts) => {
  for (const deflate of [false, true]) expectError('corrupt-file', () => readNpz(archive(content, deflate)), ...texts);
});
