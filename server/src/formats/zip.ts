/**
 * Read-only zip archives (npz files and PyTorch checkpoints): the directory, and the bytes of an entry.
 * Stored entries tell where their bytes lie, so that weights are used in place.
 * Deliberately absent: writing, encryption, methods other than stored and deflated, archives in several parts.
 * Source: PKWARE APPNOTE 6.3.10, §4.3 and §4.5.3 (zip64).
 */
import { constants } from 'node:buffer';
import { crc32, inflateRawSync } from 'node:zlib';
import { MAX_ZIP_RATIO, ZIP_RATIO_FREE_BYTES } from '../core/limits.ts';
import { type ByteReader, checkRange } from './byte-reader.ts';
import { corrupt, refuse } from './corrupt.ts';
import { type DirectoryRecord, readDirectoryRecords } from './zip-directory.ts';

export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  /** Bytes in the archive. */
  readonly compressedSize: number;
  /** Bytes of the content. */
  readonly size: number;
  readonly crc32: number;
  /** Offset of the first content byte in the archive. */
  readonly dataOffset: number;
}

const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const REPACK = 'Write the archive again with numpy.savez or torch.save.';

/**
 * Reads the directory of an archive and checks every entry's place.
 * @throws corrupt-file for broken or overlapping records; unsafe-file for names that are absolute, climb or repeat;
 * unsupported-format for encryption and other methods; too-large above the limits on entries and on the inflated size.
 */
export function readZipDirectory(reader: ByteReader): ReadonlyMap<string, ZipEntry> {
  const { records, directoryOffset } = readDirectoryRecords(reader);
  const entries = new Map<string, ZipEntry>();
  let end = 0;
  for (const record of [...records].sort((a, b) => a.headerOffset - b.headerOffset)) {
    checkName(reader.path, record.name, entries);
    if (record.headerOffset < end)
      corrupt(reader.path, `entry "${record.name}" overlaps another`, record.headerOffset, `at least ${end}`);
    const entry = readLocalHeader(reader, record);
    end = entry.dataOffset + entry.compressedSize;
    if (end > directoryOffset)
      corrupt(reader.path, `entry "${entry.name}" runs into the directory`, end, `at most ${directoryOffset}`);
    entries.set(entry.name, entry);
  }
  const inflated = [...entries.values()].reduce((sum, entry) => sum + entry.size, 0);
  checkExpansion(reader, inflated);
  return entries;
}

/**
 * The content of an entry, with its checksum verified.
 * @throws corrupt-file when the data do not inflate to the declared size and CRC-32; too-large above 4 GiB deflated.
 */
export function readEntry(reader: ByteReader, entry: ZipEntry): Uint8Array {
  const { path } = reader;
  checkRange(path, reader.size, entry.dataOffset, entry.compressedSize);
  if (entry.size > constants.MAX_LENGTH) {
    const expected = `at most ${constants.MAX_LENGTH} bytes`;
    refuse('too-large', {
      path,
      problem: `entry "${entry.name}" must be copied`,
      found: entry.size,
      expected,
      remedy: REPACK,
    });
  }
  const raw = reader.read(entry.dataOffset, entry.compressedSize);
  const bytes = entry.method === 'stored' ? raw : inflate(path, entry, raw);
  if (bytes.length !== entry.size) corrupt(path, `entry "${entry.name}" has a wrong size`, bytes.length, entry.size);
  const sum = crc32(bytes);
  if (sum !== entry.crc32) corrupt(path, `entry "${entry.name}" has a wrong CRC-32`, sum, entry.crc32);
  return bytes;
}

/** Throws `too-large` when copying `bytes` out of an archive would take far more memory than the archive itself. */
export function checkExpansion(reader: ByteReader, bytes: number): void {
  const limit = ZIP_RATIO_FREE_BYTES + MAX_ZIP_RATIO * reader.size;
  if (bytes <= limit) return;
  const mismatch = {
    path: reader.path,
    problem: 'the archive expands like a bomb',
    found: `${bytes} bytes`,
    remedy: REPACK,
  };
  refuse('too-large', { ...mismatch, expected: `at most ${limit} bytes from ${reader.size}` });
}

function inflate(path: string, entry: ZipEntry, raw: Uint8Array): Uint8Array {
  try {
    const chunkSize = Math.min(Math.max(entry.size, 64), 2 ** 20);
    return inflateRawSync(raw, { maxOutputLength: Math.max(entry.size, 1), chunkSize });
  } catch (cause) {
    corrupt(
      path,
      `entry "${entry.name}" does not inflate`,
      String((cause as Error).message),
      `${entry.size} bytes`,
      cause,
    );
  }
}

function readLocalHeader(reader: ByteReader, record: DirectoryRecord): ZipEntry {
  const { path } = reader;
  const { name, flags, method, compressedSize, size, crc32, headerOffset } = record;
  const where = `entry "${name}"`;
  const unsupported = (found: string, expected: string): never =>
    refuse('unsupported-format', { path, problem: where, found, expected, remedy: REPACK });
  // Bits 0, 6 and 13 of the general purpose flags announce encryption.
  if (flags & 0x2041) unsupported('encryption', 'none');
  if (method !== 0 && method !== 8) unsupported(`compression method ${method}`, 'stored (0) or deflated (8)');
  if (method === 0 && compressedSize !== size) corrupt(path, `${where} is stored with two sizes`, compressedSize, size);
  const bytes = reader.read(headerOffset, LOCAL_HEADER_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== LOCAL_HEADER)
    corrupt(path, `${where} has no local header`, view.getUint32(0, true), LOCAL_HEADER);
  const nameLength = view.getUint16(26, true);
  const localName = reader.read(headerOffset + LOCAL_HEADER_BYTES, nameLength);
  if (Buffer.compare(localName, record.rawName) !== 0) {
    corrupt(path, `${where} has another name in its local header`, Buffer.from(localName).toString(), name);
  }
  const dataOffset = headerOffset + LOCAL_HEADER_BYTES + nameLength + view.getUint16(28, true);
  checkRange(path, reader.size, dataOffset, compressedSize);
  return { name, method: method === 0 ? 'stored' : 'deflated', compressedSize, size, crc32, dataOffset };
}

function checkName(path: string, name: string, seen: ReadonlyMap<string, ZipEntry>): void {
  const problem = 'an entry has an unsafe name';
  const remedy = 'Do not use this file.';
  if (seen.has(name))
    refuse('unsafe-file', { path, problem, found: `"${name}" twice`, expected: 'distinct names', remedy });
  const climbs = name.split('/').includes('..');
  const plain = name !== '' && !climbs && !/[\0\\:]/.test(name) && !name.startsWith('/');
  if (!plain)
    refuse('unsafe-file', { path, problem, found: `"${name}"`, expected: 'a relative path without ".."', remedy });
}
