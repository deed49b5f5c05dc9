/**
 * Bounds a MessagePack value before anything is allocated for it. A length that exceeds the bytes left, nesting, the
 * number of values, an extension type or a key that is not text is refused here; what passes decodes within a small
 * multiple of its size. Source: MessagePack specification, "Formats" (github.com/msgpack/msgpack, spec.md).
 */
import { MAX_DEPTH, MAX_VALUES } from './codec-limits.ts';

/** Bytes that follow a value's first byte, where that byte tells; LENGTH and FORBIDDEN stand for the others. */
const FOLLOWING = new Int8Array(256);
/** A length follows. */
const LENGTH = -1;
/** No plain value: extension types, and 0xc1, which is never used. */
const FORBIDDEN = -2;

/** Bytes of the length that follows, of values that have one. */
const LENGTH_BYTES = new Uint8Array(256);

const [BIN, EXT, FLOAT, UINT, INT, FIXEXT, STR, ARRAY, MAP] = [0xc4, 0xc7, 0xca, 0xcc, 0xd0, 0xd4, 0xd9, 0xdc, 0xde];
const [FIXMAP, FIXARRAY, FIXSTR] = [0x80, 0x90, 0xa0];

for (let token = FIXMAP; token < FIXSTR; token++) FOLLOWING[token] = LENGTH;
for (let length = 0; length < 32; length++) FOLLOWING[FIXSTR + length] = length;
FOLLOWING[0xc1] = FORBIDDEN;
FOLLOWING.fill(FORBIDDEN, EXT, EXT + 3).fill(FORBIDDEN, FIXEXT, FIXEXT + 5);
for (const first of [BIN, STR]) {
  FOLLOWING.fill(LENGTH, first, first + 3);
  LENGTH_BYTES.set([1, 2, 4], first);
}
for (const first of [ARRAY, MAP]) {
  FOLLOWING.fill(LENGTH, first, first + 2);
  LENGTH_BYTES.set([2, 4], first);
}
FOLLOWING.set([4, 8], FLOAT);
for (const first of [UINT, INT]) FOLLOWING.set([1, 2, 4, 8], first);

/** Checks that `bytes` hold exactly one plain value. @throws RangeError saying what was found at which byte. */
export function scanMessagePack(bytes: Uint8Array): void {
  // Values still to be read at the open level and those around it; maps count keys and values.
  let left = 1;
  let isMap = false;
  const around: { readonly left: number; readonly isMap: boolean }[] = [];
  let at = 0;
  let values = 0;
  while (true) {
    if (left === 0) {
      const outer = around.pop();
      if (outer === undefined) break;
      ({ left, isMap } = outer);
      continue;
    }
    const isKey = isMap && left % 2 === 0;
    left--;
    if (++values > MAX_VALUES) refuse(`more than ${MAX_VALUES} values`, at);
    need(bytes, at, 1);
    const token = bytes[at++]!;
    if (isKey && !isString(token)) refuse('a key that is not text', at - 1);
    const following = FOLLOWING[token]!;
    if (following === FORBIDDEN) refuse(`type byte 0x${token.toString(16)}, which is no plain value`, at - 1);
    if (following !== LENGTH) {
      need(bytes, at, following);
      at += following;
      continue;
    }
    const size = LENGTH_BYTES[token]!;
    const length = size === 0 ? token & 0x0f : lengthAt(bytes, at, size);
    at += size;
    if (!isContainer(token)) {
      need(bytes, at, length);
      at += length;
      continue;
    }
    const opensMap = token < FIXARRAY || token >= MAP;
    const children = opensMap ? 2 * length : length;
    // Every child takes a byte at least, so that a forged count cannot make the decoder allocate.
    need(bytes, at, children);
    if (around.length >= MAX_DEPTH) refuse(`nesting beyond ${MAX_DEPTH} levels`, at);
    around.push({ left, isMap });
    left = children;
    isMap = opensMap;
  }
  if (at !== bytes.length) refuse(`${bytes.length - at} bytes after the message`, at);
}

function need(bytes: Uint8Array, at: number, count: number): void {
  if (count > bytes.length - at) refuse(`a length of ${count} bytes where ${bytes.length - at} are left`, at);
}

/** A length of `size` bytes, big-endian. */
function lengthAt(bytes: Uint8Array, at: number, size: number): number {
  need(bytes, at, size);
  let length = 0;
  for (let i = 0; i < size; i++) length = length * 256 + bytes[at + i]!;
  return length;
}

function isString(token: number): boolean {
  return (token >= FIXSTR && token < FIXSTR + 32) || (token >= STR && token < STR + 3);
}

function isContainer(token: number): boolean {
  return token < FIXSTR || token >= ARRAY;
}

function refuse(found: string, at: number): never {
  throw new RangeError(`Not a MessagePack message: ${found}, at byte ${at}.`);
}
