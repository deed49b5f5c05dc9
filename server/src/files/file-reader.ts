/**
 * Opens files for the rooms that parse them. With `hub-cache` the only place that reads model and dictionary folders.
 * Deliberately absent: writing, caching, watching.
 */
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { SondeError } from '../core/errors.ts';
import { MAX_JSON_BYTES } from '../core/limits.ts';
import { type ByteReader, checkRange } from '../formats/byte-reader.ts';

/** Bytes of one read call; the system call takes less than 2 GiB. */
const MAX_READ = 2 ** 30;

/** A ByteReader over an open file; call `close` when done. */
export interface FileReader extends ByteReader {
  close(): void;
}

/** Opens a regular file. @throws file-not-found when it is absent, unreadable or not a regular file. */
export function openFile(path: string): FileReader {
  const absolute = resolve(path);
  const descriptor = open(absolute);
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) {
    closeSync(descriptor);
    throw new SondeError('file-not-found', `${absolute} is not a regular file.`, { path: absolute });
  }
  return {
    path: absolute,
    size: stats.size,
    read(offset, length) {
      checkRange(absolute, stats.size, offset, length);
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const count = readSync(descriptor, bytes, done, Math.min(MAX_READ, length - done), offset + done);
        if (count === 0) checkRange(absolute, offset + done, offset, length);
        done += count;
      }
      return bytes;
    },
    close: () => closeSync(descriptor),
  };
}

/** Runs `use` with an open file and closes it afterwards. */
export function withFile<T>(path: string, use: (reader: FileReader) => T): T {
  const reader = openFile(path);
  try {
    return use(reader);
  } finally {
    reader.close();
  }
}

/** Whole UTF-8 text of a small file. @throws file-not-found; too-large above MAX_JSON_BYTES; corrupt-file for invalid UTF-8. */
export function readText(path: string): string {
  const absolute = resolve(path);
  const size = fileSize(absolute);
  if (size === null) throw new SondeError('file-not-found', `${absolute} does not exist.`, { path: absolute });
  if (size > MAX_JSON_BYTES) {
    throw new SondeError('too-large', `${absolute} has ${size} bytes; at most ${MAX_JSON_BYTES} are read.`, {
      path: absolute,
      found: size,
      expected: MAX_JSON_BYTES,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(absolute));
  } catch (cause) {
    throw new SondeError('corrupt-file', `${absolute} is not valid UTF-8.`, { path: absolute }, cause);
  }
}

/** Size in bytes of a regular file, following links; null when there is none. */
export function fileSize(path: string): number | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? stats.size : null;
}

/** Names in a folder, sorted. @throws file-not-found when it is no folder that can be read. */
export function listFolder(path: string): string[] {
  const absolute = resolve(path);
  try {
    return readdirSync(absolute).sort();
  } catch (cause) {
    throw new SondeError('file-not-found', `${absolute} is not a readable folder.`, { path: absolute }, cause);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new SondeError('file-not-found', `${path} cannot be opened.`, { path }, cause);
  }
}
