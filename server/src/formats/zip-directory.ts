/** The end-of-archive records and the central directory of a zip file, zip64 included (PKWARE APPNOTE 6.3.10 §4.3.12–16). */
import { MAX_ZIP_DIRECTORY_BYTES, MAX_ZIP_ENTRIES } from '../core/limits.ts';
import { type ByteReader, checkRange } from './byte-reader.ts';
import { corrupt, refuse } from './corrupt.ts';

/** One record of the central directory, as stored. */
export interface DirectoryRecord {
  readonly name: string;
  readonly rawName: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Offset of the local header in the archive. */
  readonly headerOffset: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const END64 = 0x06064b50;
const END64_BYTES = 56;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_BYTES = 20;
const RECORD = 0x02014b50;
const RECORD_BYTES = 46;
const EXTRA_ZIP64 = 0x0001;
const FULL_16 = 0xffff;
const FULL_32 = 0xffffffff;

interface Extent {
  readonly offset: number;
  readonly length: number;
  readonly count: number;
}

/**
 * All records of the central directory, and where it starts.
 * @throws corrupt-file for broken records; too-large above MAX_ZIP_ENTRIES or MAX_ZIP_DIRECTORY_BYTES;
 * unsupported-format for archives in several parts.
 */
export function readDirectoryRecords(reader: ByteReader): { records: DirectoryRecord[]; directoryOffset: number } {
  const { path } = reader;
  const { offset, length, count } = readExtent(reader);
  const limit = (found: string, expected: string): never =>
    refuse('too-large', { path, problem: 'zip directory', found, expected });
  if (count > MAX_ZIP_ENTRIES) limit(`${count} entries`, `at most ${MAX_ZIP_ENTRIES}`);
  if (length > MAX_ZIP_DIRECTORY_BYTES) limit(`${length} bytes`, `at most ${MAX_ZIP_DIRECTORY_BYTES}`);
  const view = viewOf(reader.read(offset, length));
  const records: DirectoryRecord[] = [];
  let at = 0;
  while (records.length < count) {
    checkRange(path, length, at, RECORD_BYTES);
    if (view.getUint32(at, true) !== RECORD)
      corrupt(path, `directory record ${records.length}`, view.getUint32(at, true), RECORD);
    const total =
      RECORD_BYTES + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    checkRange(path, length, at, total);
    records.push(readRecord(path, view, at));
    at += total;
  }
  if (at !== length) corrupt(path, 'the zip directory has a wrong length', length, at);
  return { records, directoryOffset: offset };
}

function readExtent(reader: ByteReader): Extent {
  const { path, size } = reader;
  const tailStart = Math.max(0, size - END_BYTES - FULL_16);
  const tail = viewOf(reader.read(tailStart, size - tailStart));
  let end = tail.byteLength - END_BYTES;
  while (
    end >= 0 &&
    !(tail.getUint32(end, true) === END && end + END_BYTES + tail.getUint16(end + 20, true) === tail.byteLength)
  )
    end--;
  if (end < 0) corrupt(path, 'not a complete zip archive', 'no end-of-directory record', 'one at the end of the file');
  const short = {
    count: tail.getUint16(end + 10, true),
    length: tail.getUint32(end + 12, true),
    offset: tail.getUint32(end + 16, true),
  };
  const onePart = tail.getUint32(end + 4, true) === 0 && tail.getUint16(end + 8, true) === short.count;
  const long = short.count === FULL_16 || short.length === FULL_32 || short.offset === FULL_32;
  if (!onePart && !long) {
    refuse('unsupported-format', {
      path,
      problem: 'zip archive',
      found: 'several parts',
      expected: 'one file',
      remedy: 'Join the parts.',
    });
  }
  const at = tailStart + end;
  const extent = long ? readExtent64(reader, at) : { ...short, end: at };
  if (extent.offset + extent.length > extent.end) {
    corrupt(path, 'the zip directory leaves its place', `${extent.offset} + ${extent.length}`, `at most ${extent.end}`);
  }
  return extent;
}

function readExtent64(reader: ByteReader, end: number): Extent & { end: number } {
  const { path } = reader;
  const locatorAt = end - LOCATOR64_BYTES;
  const locator = viewOf(reader.read(locatorAt, LOCATOR64_BYTES));
  if (locator.getUint32(0, true) !== LOCATOR64) corrupt(path, 'zip64 locator', locator.getUint32(0, true), LOCATOR64);
  const at = readUint64(path, locator, 8);
  const view = viewOf(reader.read(at, END64_BYTES));
  if (view.getUint32(0, true) !== END64) corrupt(path, 'zip64 end-of-directory record', view.getUint32(0, true), END64);
  return {
    count: readUint64(path, view, 32),
    length: readUint64(path, view, 40),
    offset: readUint64(path, view, 48),
    end: at,
  };
}

function readRecord(path: string, view: DataView, at: number): DirectoryRecord {
  const nameLength = view.getUint16(at + 28, true);
  const rawName = new Uint8Array(view.buffer, view.byteOffset + at + RECORD_BYTES, nameLength);
  const extraStart = at + RECORD_BYTES + nameLength;
  const long = zip64Fields(path, view, extraStart, view.getUint16(at + 30, true));
  // A saturated 32-bit field announces that its value is the next one of the zip64 extra field.
  const field = (position: number): number => {
    const value = view.getUint32(at + position, true);
    return value === FULL_32 ? (long.shift() ?? value) : value;
  };
  const size = field(24);
  const compressedSize = field(20);
  const headerOffset = field(42);
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  return {
    name: decodeName(path, rawName),
    rawName,
    flags,
    method,
    crc32: view.getUint32(at + 16, true),
    compressedSize,
    size,
    headerOffset,
  };
}

function zip64Fields(path: string, view: DataView, start: number, length: number): number[] {
  const end = start + length;
  for (let at = start; at + 4 <= end; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== EXTRA_ZIP64) continue;
    const bytes = Math.min(view.getUint16(at + 2, true), end - at - 4);
    return Array.from({ length: Math.min(3, Math.floor(bytes / 8)) }, (_, i) => readUint64(path, view, at + 4 + 8 * i));
  }
  return [];
}

function decodeName(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    corrupt(path, 'an entry name has a wrong encoding', 'invalid bytes', 'UTF-8', cause);
  }
}

function readUint64(path: string, view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    corrupt(path, 'a zip64 number leaves the file', value, 'a size or offset');
  return Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
