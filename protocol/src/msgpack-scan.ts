/**
 * Bounds a MessagePack value before anything is allocated for it. A length that exceeds the bytes left, nesting, the
 * number of values, an extension type or a key that is not text is refused here; what passes decodes within a small
 * multiple of its size. Source: MessagePack specification, "Formats" (github.com/msgpack/msgpack, spec.md).
 */
import { MAX_DEPTH, MAX_VALUES } from './codec-limits.ts';

/** Checks that `bytes` hold exactly one plain value. @throws RangeError saying what was found at which byte. */
export function scanMessagePack(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Values still to be read at each open level; maps count keys and values, and `maps` tells which levels are maps.
  const left: number[] = [1];
  const maps: boolean[] = [false];
  let at = 0;
  let values = 0;

  const need = (count: number): void => {
    if (count > bytes.length - at) refuse(`a length of ${count} bytes where ${bytes.length - at} are left`, at);
  };
  const skip = (count: number): void => {
    need(count);
    at += count;
  };
  const unsigned = (size: 1 | 2 | 4): number => {
    need(size);
    const value = size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at) : view.getUint32(at);
    at += size;
    return value;
  };
  const enter = (count: number, isMap: boolean): void => {
    const children = isMap ? 2 * count : count;
    // Every child takes a byte at least, so that a forged count cannot make the decoder allocate.
    need(children);
    if (left.length > MAX_DEPTH) refuse(`nesting beyond ${MAX_DEPTH} levels`, at);
    left.push(children);
    maps.push(isMap);
  };

  while (left.length > 0) {
    const level = left.length - 1;
    if (left[level] === 0) {
      left.pop();
      maps.pop();
      continue;
    }
    const isKey = maps[level]! && left[level]! % 2 === 0;
    left[level]!--;
    if (++values > MAX_VALUES) refuse(`more than ${MAX_VALUES} values`, at);
    const token = unsigned(1);
    if (isKey && !isString(token)) refuse('a key that is not text', at - 1);
    if (token <= 0x7f || token >= 0xe0) continue;
    if (token <= 0x8f) enter(token & 0x0f, true);
    else if (token <= 0x9f) enter(token & 0x0f, false);
    else if (token <= 0xbf) skip(token & 0x1f);
    else if (token === 0xc0 || token === 0xc2 || token === 0xc3) continue;
    else if (token === 0xc4 || token === 0xd9) skip(unsigned(1));
    else if (token === 0xc5 || token === 0xda) skip(unsigned(2));
    else if (token === 0xc6 || token === 0xdb) skip(unsigned(4));
    else if (token === 0xca) skip(4);
    else if (token === 0xcb) skip(8);
    else if (token >= 0xcc && token <= 0xcf) skip(1 << (token - 0xcc));
    else if (token >= 0xd0 && token <= 0xd3) skip(1 << (token - 0xd0));
    else if (token === 0xdc) enter(unsigned(2), false);
    else if (token === 0xdd) enter(unsigned(4), false);
    else if (token === 0xde) enter(unsigned(2), true);
    else if (token === 0xdf) enter(unsigned(4), true);
    else refuse(`type byte 0x${token.toString(16)}, which is no plain value`, at - 1);
  }
  if (at !== bytes.length) refuse(`${bytes.length - at} bytes after the message`, at);
}

function isString(token: number): boolean {
  return (token >= 0xa0 && token <= 0xbf) || (token >= 0xd9 && token <= 0xdb);
}

function refuse(found: string, at: number): never {
  throw new RangeError(`Not a MessagePack message: ${found}, at byte ${at}.`);
}
