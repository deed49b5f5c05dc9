/**
 * Random access to the bytes of a file or buffer. `formats/` parses through this interface and opens no file itself;
 * `files/` implements it over a file descriptor.
 */
import { SondeError } from '../core/errors.ts';

export interface ByteReader {
  /** Name for messages: an absolute path, or a description of the buffer. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Reads exactly `length` bytes at `offset`. @throws corrupt-file when the range leaves the file. */
  read(offset: number, length: number): Uint8Array;
}

/** Throws `corrupt-file` unless [offset, offset + length) lies inside the file. */
export function checkRange(path: string, size: number, offset: number, length: number): void {
  const valid = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (valid && offset + length <= size) return;
  throw new SondeError(
    'corrupt-file',
    `${path}: bytes ${offset}…${offset + length} lie outside the file of ${size} bytes.`,
    {
      path,
      found: { offset, length },
      expected: { size },
    },
  );
}

/** A reader over memory. */
export function bufferReader(bytes: Uint8Array, path = 'buffer'): ByteReader {
  return {
    path,
    size: bytes.byteLength,
    read(offset, length) {
      checkRange(path, bytes.byteLength, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}
