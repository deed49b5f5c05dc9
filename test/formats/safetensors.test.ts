import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allocate, DTYPE_BYTES, type DType, toFloat32 } from '../../server/src/core/dtype.ts';
import { float32, int64, type Tensor, tensor } from '../../server/src/core/tensor.ts';
import { bufferReader } from '../../server/src/formats/byte-reader.ts';
import { fileTensor, readSafetensorsHeader, writeSafetensors } from '../../server/src/formats/safetensors.ts';
import { parseSafetensorsIndex } from '../../server/src/formats/safetensors-index.ts';
import { expectError } from '../support/expect-error.ts';
import { expectFixture, fixturePath } from '../support/format-fixtures.ts';
import { expectSound, valuesOf } from '../support/tensor-bytes.ts';

/** A file with a given header text and number of data bytes. */
function file(header: string, dataBytes = 0, declaredLength?: number): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(declaredLength ?? json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const read = (bytes: Uint8Array) => readSafetensorsHeader(bufferReader(bytes));
const entry = (start: number, end: number, shape = '[1]', dtype = 'F32') =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${start},${end}]}`;

test('every tensor of a file by the reference writer is read exactly', () => {
  const reader = bufferReader(readFileSync(fixturePath('real.safetensors')), 'real.safetensors');
  const { tensors, metadata } = readSafetensorsHeader(reader);
  expect(metadata.get('format')).toBe('pt');
  expectFixture(
    'real.safetensors',
    reader,
    new Map([...tensors].map(([name, e]) => [name, fileTensor(e, reader.path)])),
  );
});

test('what is written is read back for every dtype, aligned to its element', () => {
  const tensors = (Object.keys(DTYPE_BYTES) as DType[]).map((dtype, i): [string, Tensor] => {
    const data = allocate(dtype, i + 1);
    for (let j = 0; j < data.length; j++) data[j] = dtype === 'int64' ? BigInt(j) : j;
    return [`t.${dtype}`, tensor(dtype, [1, i + 1], data)];
  });
  const reader = bufferReader(writeSafetensors(tensors, { made: 'here' }));
  const header = readSafetensorsHeader(reader);
  expect(header.metadata).toEqual(new Map([['made', 'here']]));
  for (const [name, { shape, data, dtype }] of tensors) {
    const found = header.tensors.get(name)!;
    expect(found.shape).toEqual(shape);
    expect(found.offset % DTYPE_BYTES[dtype]).toBe(0);
    expect(valuesOf(reader, fileTensor(found, reader.path))).toEqual([...toFloat32(dtype, data)]);
  }
});

test('writing does not depend on the order of the tensors', () => {
  const a: [string, Tensor] = ['a', float32([2], [1, 2])];
  const b: [string, Tensor] = ['b', int64([1], [3])];
  expect(writeSafetensors([a, b])).toEqual(writeSafetensors([b, a]));
  expect(read(writeSafetensors([])).tensors.size).toBe(0);
});

test('names that mean something to JavaScript are ordinary names', () => {
  const bytes = writeSafetensors([
    ['__proto__', float32([1], [1])],
    ['constructor', float32([1], [2])],
  ]);
  expect([...read(bytes).tensors.keys()]).toEqual(['__proto__', 'constructor']);
});

test('a reserved tensor name is refused on writing', () => {
  expectError('invalid-params', () => writeSafetensors([['__metadata__', float32([1], [1])]]), '__metadata__');
});

test('empty tensors and trailing spaces in the header are valid', () => {
  const header = read(file(`{"e":${entry(0, 0, '[0,3]')},"x":${entry(0, 4)}}   `, 4));
  expect([...header.tensors.keys()]).toEqual(['e', 'x']);
  for (const e of header.tensors.values()) expectSound(bufferReader(new Uint8Array(200)), fileTensor(e, '/x'));
});

const CORRUPT: readonly [string, Uint8Array, ...string[]][] = [
  ['shorter than its length prefix', new Uint8Array(7), 'too short', '7'],
  ['with a header longer than the file', file('{}', 0, 3), 'header length', '3 bytes', 'at most 2'],
  ['with a header length near 2^64', file('{}', 0, 2 ** 62), 'header length'],
  ['with an empty header', file(''), 'does not start'],
  ['with spaces before the header', file(' {}'), 'does not start'],
  ['with an unfinished header', file('{"a":'), 'not valid JSON', 'the end'],
  ['with two headers', file('{}{}'), 'not valid JSON'],
  ['with a repeated name', file(`{"a":${entry(0, 4)},"a":${entry(0, 4)}}`, 4), '"a" twice'],
  ['with a name repeated through an escape', file(`{"a":${entry(0, 4)},"\\u0061":${entry(0, 4)}}`, 4), '"a" twice'],
  ['with a hole', file(`{"a":${entry(0, 4)},"b":${entry(8, 12)}}`, 12), 'hole or overlap', '"b"'],
  ['with an overlap', file(`{"a":${entry(0, 4)},"b":${entry(0, 4)}}`, 4), 'hole or overlap'],
  ['with a tensor that does not start at the beginning', file(`{"a":${entry(4, 8)}}`, 8), 'hole or overlap'],
  ['that is truncated', file(`{"a":${entry(0, 4)}}`, 3), 'does not end'],
  ['with bytes after the last tensor', file(`{"a":${entry(0, 4)}}`, 5), 'does not end'],
  ['with a range that runs backwards', file(`{"a":${entry(4, 0)}}`, 4), 'does not fill'],
  ['with a shape that does not fill its range', file(`{"a":${entry(0, 4, '[2]')}}`, 4), '[2]', '8 bytes'],
  [
    'with a shape whose product overflows',
    file(`{"a":${entry(0, 0, '[9007199254740991,9007199254740991,0]', 'F64')},"b":1}`),
    '"b"',
  ],
  ['with a negative dimension', file(`{"a":${entry(0, 4, '[-1]')}}`, 4), 'shape.0', '-1'],
  ['with a fractional dimension', file(`{"a":${entry(0, 4, '[0.5]')}}`, 4), 'shape.0', '0.5'],
  ['with a dimension above 2^53', file(`{"a":${entry(0, 4, '[9007199254740993]')}}`, 4), 'shape.0'],
  ['with a rank above the limit', file(`{"a":${entry(0, 4, '[1,1,1,1,1,1,1,1,1]')}}`, 4), 'shape'],
  ['with an unknown field', file(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}`, 4), 'x'],
  ['with a missing field', file(`{"a":{"dtype":"F32","shape":[]}}`), 'data_offsets', 'nothing'],
  ['with metadata that are not text', file(`{"__metadata__":{"a":1}}`), '__metadata__', 'string'],
  ['with deeply nested metadata', file(`{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`), 'levels'],
  ['with a header that is not UTF-8', file('{"x').fill(0xff, 9), 'UTF-8'],
];

test.each(CORRUPT)('a file %s is corrupt', (_, bytes, ...texts) => {
  expectError('corrupt-file', () => read(bytes), ...texts);
});

test('an unsupported dtype is named together with the supported ones', () => {
  const error = expectError(
    'unsupported-dtype',
    () => read(file(`{"a":${entry(0, 1, '[1]', 'F8_E4M3')}}`, 1)),
    'F8_E4M3',
    'BF16',
  );
  expect(error.data.found).toBe('F8_E4M3');
});

test('an index names every shard once', () => {
  const text = JSON.stringify({
    metadata: { total_size: 1 },
    weight_map: { a: 'm-2.safetensors', b: 'm-1.safetensors', c: 'm-2.safetensors' },
  });
  const index = parseSafetensorsIndex(text, 'index');
  expect(index.shards).toEqual(['m-1.safetensors', 'm-2.safetensors']);
  expect(index.weight_map.get('b')).toBe('m-1.safetensors');
});

test('an index cannot point out of its folder', () => {
  for (const shard of ['../x', '/etc/passwd', 'a\\b', '..']) {
    expectError(
      'unsafe-file',
      () => parseSafetensorsIndex(JSON.stringify({ weight_map: { a: shard } }), 'index'),
      shard,
    );
  }
  expectError('corrupt-file', () => parseSafetensorsIndex('{"weight_map":{"a":1}}', 'index'), 'weight_map.a', 'string');
});
