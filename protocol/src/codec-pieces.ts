/**
 * Encoding of a long message piece by piece, so that a daemon can answer others between: 7 MB of features take 95 ms.
 * The bytes are those of `encodeFrame`, but for the size of a header where MessagePack leaves a choice.
 */
import { type Codec, encodeFrame, type Frame } from './codec.ts';

/** Values of one piece: a tenth of a millisecond. */
const TOGETHER = 2048;
/** Bytes that are not worth a copy. */
const LONG = 2 ** 16;

/** Encodes a plain value; it yields between pieces, and not at all for a short one. */
export function* encodeInPieces(codec: Codec, message: unknown): Generator<void, Frame, void> {
  const parts: Frame[] = [];
  yield* encode(codec === 'json' ? JSON_SPELLING : PACKED_SPELLING, message, parts);
  // Joining is a piece of its own: megabytes are copied.
  if (parts.length > 1) yield;
  return codec === 'json' ? parts.join('') : joined(parts as Uint8Array[]);
}

/** What lies between the encoded values of a container. */
interface Spelling {
  readonly codec: Codec;
  open(kind: 'list' | 'map', count: number): Frame;
  readonly comma: string | null;
  readonly colon: string | null;
  close(kind: 'list' | 'map'): string | null;
  /** An encoded list without its own ends. */
  elements(list: Frame, count: number): Frame;
}

const JSON_SPELLING: Spelling = {
  codec: 'json',
  open: (kind) => (kind === 'list' ? '[' : '{'),
  comma: ',',
  colon: ':',
  close: (kind) => (kind === 'list' ? ']' : '}'),
  elements: (list) => list.slice(1, -1),
};

/** Source: MessagePack specification, "Array format family" and "Map format family". */
const PACKED_SPELLING: Spelling = {
  codec: 'messagepack',
  open(kind, count) {
    const [fix, long] = kind === 'list' ? [0x90, 0xdc] : [0x80, 0xde];
    if (count < 16) return Uint8Array.of(fix + count);
    if (count < 2 ** 16) return Uint8Array.of(long, count >> 8, count & 0xff);
    return lengthed(long + 1, count);
  },
  comma: null,
  colon: null,
  close: () => null,
  elements: (list, count) => (list as Uint8Array).subarray(count < 16 ? 1 : 3),
};

function lengthed(type: number, n: number): Uint8Array {
  return Uint8Array.of(type, n >>> 24, (n >> 16) & 0xff, (n >> 8) & 0xff, n & 0xff);
}

function* encode(spelling: Spelling, value: unknown, parts: Frame[]): Generator<void, void, void> {
  const put = (part: Frame | null): void => {
    if (part !== null) parts.push(part);
  };
  if (spelling.codec === 'messagepack' && value instanceof Uint8Array && value.length >= LONG) {
    // Copied once, when all is joined.
    put(lengthed(0xc6, value.length));
    put(value);
  } else if (value === undefined && spelling.codec === 'json') put('null');
  else if (!isContainer(value) || weight(value) <= TOGETHER) put(encodeFrame(spelling.codec, value));
  else if (Array.isArray(value)) {
    put(spelling.open('list', value.length));
    const together = Math.floor(TOGETHER / heaviest(value));
    for (let at = 0; at < value.length; at += Math.max(1, together)) {
      if (at > 0) put(spelling.comma);
      if (together < 1) yield* encode(spelling, value[at], parts);
      else {
        const some = value.slice(at, at + together);
        put(spelling.elements(encodeFrame(spelling.codec, some), some.length));
      }
      yield;
    }
    put(spelling.close('list'));
  } else {
    // An absent field is absent on the wire.
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    put(spelling.open('map', entries.length));
    for (const [i, [key, inner]] of entries.entries()) {
      if (i > 0) put(spelling.comma);
      put(encodeFrame(spelling.codec, key));
      put(spelling.colon);
      yield* encode(spelling, inner, parts);
      yield;
    }
    put(spelling.close('map'));
  }
}

/** About how many values there are; a list tells by three of its elements. Bytes weigh as their copy does. */
function weight(value: unknown): number {
  if (value instanceof Uint8Array) return 1 + value.length / 32;
  if (!isContainer(value)) return 1;
  if (Array.isArray(value)) return 1 + value.length * heaviest(value);
  return Object.values(value).reduce<number>((sum, inner) => sum + weight(inner), 1);
}

function heaviest(list: readonly unknown[]): number {
  const some = [list[0], list[list.length >> 1], list.at(-1)];
  return Math.max(...some.map(weight));
}

function isContainer(value: unknown): value is object {
  return Array.isArray(value) || (isObject(value) && Object.getPrototypeOf(value) === Object.prototype);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
