import { describe, expect, test } from 'vitest';
import { type Codec, codecOf, decodeFrame, encodeFrame } from '../../protocol/src/codec.ts';
import { MAX_DEPTH } from '../../protocol/src/codec-limits.ts';
import { encodeInPieces } from '../../protocol/src/codec-pieces.ts';
import {
  fromWireTensor,
  toWireTensor,
  WIRE_DTYPES,
  WIRE_TENSOR,
  type WireDType,
  type WireTensor,
} from '../../protocol/src/tensor.ts';
import { allocate } from '../../server/src/core/dtype.ts';
import { atOnce } from '../../server/src/core/turn.ts';

const VALUES: [string, unknown][] = [
  ['null', null],
  ['text of every plane', { text: 'a\u0000é\u2028漢😀' }],
  ['numbers', [0, 1, -1, 127, 128, -33, 65535, 65536, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 0.1, 5e-324, -1.7e308]],
  ['nested', { a: [{ b: [[]] }, {}], c: true, d: false }],
  ['long list', Array.from({ length: 70_000 }, (_, i) => i)],
  ['long text', 'x'.repeat(70_000)],
  ['many fields', Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`field${i}`, i]))],
];

/** Long ones come in several pieces. */
const CONTAINERS: [string, unknown][] = [
  ...[0, 1, 15, 16, 17, 500, 3_000, 70_000].flatMap((n): [string, unknown][] => [
    [`a list of ${n} containers`, { list: Array.from({ length: n }, (_, i) => ({ i, of: [i, `${i}`] })) }],
    [`a map of ${n} containers`, Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, [i]]))],
  ]),
  ['absent fields beside containers', { a: undefined, b: [[1]], c: { d: undefined, e: [{ f: undefined }] } }],
  ['keys that are quoted', { 'a"b\\é': [[1]] }],
  [
    'a list of heavy elements',
    [1, 2, 3].map((n) => ({
      n,
      tokens: Array.from({ length: 700 }, (_, i) => ({ features: [{ i }, { i: n }], l0: i })),
    })),
  ],
  ['a list whose first element is light', [[], ...Array.from({ length: 5_000 }, (_, i) => [[i, i]])]],
  [
    'a light first element before heavy ones',
    [{ a: 1 }, ...Array.from({ length: 50 }, () => ({ a: Array.from({ length: 500 }, (_, i) => i) }))],
  ],
  ['bytes beside containers', { list: [{ shape: [1], data: 'AA==' }] }],
];

/** The contract of a codec. */
describe.each<Codec>(['json', 'messagepack'])('%s', (codec) => {
  test.each(VALUES)('%s comes back as it was sent', (_, value) => {
    expect(decodeFrame(encodeFrame(codec, value))).toEqual(value);
  });

  test.each([...VALUES, ...CONTAINERS])('%s is the same in pieces', (_, value) => {
    const frame = atOnce(encodeInPieces(codec, value));
    expect(codecOf(frame)).toBe(codec);
    // Compared as text: millions of comparisons would take seconds.
    expect(JSON.stringify(decodeFrame(frame))).toBe(JSON.stringify(decodeFrame(encodeFrame(codec, value))));
  });

  test('a large tensor is the same in pieces', () => {
    const data = Float32Array.from({ length: 20_000 }, (_, i) => Math.sin(i));
    const message = { tensors: [toWireTensor({ dtype: 'float32', shape: [20_000], data })] };
    const { tensors } = decodeFrame(atOnce(encodeInPieces(codec, message))) as { tensors: WireTensor[] };
    const back = fromWireTensor(WIRE_TENSOR.parse(tensors[0])).data as Float32Array;
    expect(back.every((value, i) => value === data[i]) && back.length === data.length).toBe(true);
  });

  test('an absent optional field is absent on the other side', () => {
    expect(Object.keys(decodeFrame(encodeFrame(codec, { a: undefined, b: 1 })) as object)).toEqual(['b']);
  });

  test.each(Object.keys(WIRE_DTYPES) as WireDType[])('a %s tensor keeps every bit', (dtype) => {
    const data = allocate(dtype, 6);
    new Uint8Array(data.buffer).forEach((_, i, bytes) => {
      bytes[i] = (i * 37 + 11) & 0xff;
    });
    const sent = encodeFrame(codec, { pad: 'x', tensor: toWireTensor({ dtype, shape: [2, 3], data }) });
    const { tensor } = decodeFrame(sent) as { tensor: WireTensor };
    const back = fromWireTensor(WIRE_TENSOR.parse(tensor));
    expect(back.shape).toEqual([2, 3]);
    expect(new Uint8Array(back.data.buffer, back.data.byteOffset, back.data.byteLength)).toEqual(
      new Uint8Array(data.buffer),
    );
  });

  test('two frames in a row do not share their bytes', () => {
    const first = encodeFrame(codec, { n: 1 });
    encodeFrame(codec, { n: 2 });
    expect(decodeFrame(first)).toEqual({ n: 1 });
  });

  test('as many levels as allowed pass, one more does not', () => {
    expect(() => decodeFrame(encodeFrame(codec, nested(MAX_DEPTH)))).not.toThrow();
    expect(() => decodeFrame(encodeFrame(codec, nested(MAX_DEPTH + 1)))).toThrow(/nest/);
  });
});

test.each([
  ['a bracket in a text', `"${'['.repeat(100)}"`],
  ['an escaped quote before brackets', `"\\"${'['.repeat(100)}"`],
  ['an escaped backslash at the end', '["\\\\"]'],
])('JSON nesting is not confused by %s', (_, text) => {
  expect(decodeFrame(text)).toEqual(JSON.parse(text));
});

test.each([
  ['a list of 4 billion', [0xdd, 0xff, 0xff, 0xff, 0xff], /length of 4294967295/],
  ['a map of 4 billion', [0xdf, 0xff, 0xff, 0xff, 0xff], /length of 8589934590/],
  ['a text of 4 billion', [0xdb, 0xff, 0xff, 0xff, 0xff, 0x61], /4294967295 bytes where 1/],
  ['bytes of 4 billion', [0xc6, 0xff, 0xff, 0xff, 0xff], /4294967295 bytes where 0/],
  ['lists of 65,535 in each other', Array.from({ length: 300 }, () => [0xdc, 0x00, 0x10]).flat(), /nesting/],
  ['an extension', [0xc7, 1, 0x72, 0], /type byte 0xc7/],
  ['a record definition', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1], /type byte 0xd4/],
  ['the byte that is never used', [0xc1], /type byte 0xc1/],
  ['a key that is a number', [0x81, 1, 1], /key that is not text/],
  ['nothing', [], /length of 1 bytes where 0/],
  ['half a list', [0x92, 1], /length of 2 bytes where 1/],
  ['two messages', [1, 2], /1 bytes after/],
])('MessagePack with %s is refused before it is decoded', (_, bytes, message) => {
  expect(() => decodeFrame(Uint8Array.from(bytes))).toThrow(message);
});

test('a field called __proto__ does not reach the prototype', () => {
  for (const codec of ['json', 'messagepack'] as const) {
    const frame = encodeFrame(codec, JSON.parse('{"__proto__": {"polluted": 1}}'));
    const value = { ...(decodeFrame(frame) as object) };
    expect((value as { polluted?: number }).polluted).toBeUndefined();
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  }
});

test.each([
  ['too few bytes', { dtype: 'float32', shape: [2], data: new Uint8Array(7) }],
  ['a damaged base64', { dtype: 'uint8', shape: [2], data: 'AA!=' }],
  ['a shape of another size', { dtype: 'uint8', shape: [3], data: 'AAA=' }],
])('a tensor with %s is refused', (_, wire) => {
  expect(() => fromWireTensor(wire as WireTensor)).toThrow(RangeError);
});

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}
