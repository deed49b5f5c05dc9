/** Reads the operands of pickle opcodes (CPython 3.13 `Lib/pickletools.py`, argument descriptors). */
import { checkRange } from './byte-reader.ts';
import { corrupt, refuse } from './corrupt.ts';

export interface PickleCursor {
  uint8(): number;
  uint16(): number;
  int32(): number;
  uint32(): number;
  /** Big-endian, unlike every other number of the format. */
  float64(): number;
  /** Two's complement integer of `length` bytes, little-endian. @throws unsupported-format beyond 2^53. */
  long(length: number): number;
  /** UTF-8 text of `length` bytes. */
  text(length: number): string;
  /** ASCII text up to a line feed, which is consumed. */
  line(): string;
  /** Steps over a frame's length; frames only help writers to stream. */
  skipFrame(): void;
}

const LINE_FEED = 0x0a;
const MAX_LINE_BYTES = 256;

/** A cursor at the start of a program; each method throws `corrupt-file` at the end of the bytes. */
export function createPickleCursor(bytes: Uint8Array, path: string): PickleCursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (length: number): number => {
    checkRange(path, bytes.length, at, length);
    at += length;
    return at - length;
  };
  const text = (length: number): string => {
    const start = take(length);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, start + length));
    } catch (cause) {
      corrupt(path, 'pickled text', 'invalid bytes', 'UTF-8', cause);
    }
  };
  return {
    text,
    uint8: () => view.getUint8(take(1)),
    uint16: () => view.getUint16(take(2), true),
    int32: () => view.getInt32(take(4), true),
    uint32: () => view.getUint32(take(4), true),
    float64: () => view.getFloat64(take(8), false),
    skipFrame: () => void take(8),
    long(length) {
      const start = take(length);
      let value = 0n;
      for (let i = 0; i < length; i++) value |= BigInt(bytes[start + i]!) << BigInt(8 * i);
      const number = Number(BigInt.asIntN(8 * length, value));
      if (Number.isSafeInteger(number)) return number;
      const remedy = 'Save only the state_dict of the dictionary.';
      refuse('unsupported-format', {
        path,
        problem: 'pickled integer',
        found: `${length} bytes`,
        expected: 'below 2^53',
        remedy,
      });
    },
    line() {
      const end = bytes.subarray(at, at + MAX_LINE_BYTES).indexOf(LINE_FEED);
      if (end < 0) corrupt(path, 'pickled name', 'no end', `a line of at most ${MAX_LINE_BYTES} bytes`);
      const line = text(end);
      take(1);
      return line;
    },
  };
}
