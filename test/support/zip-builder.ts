/** Writes small zip archives, honest or not: any field of any entry can be forged. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface BuiltEntry {
  readonly name: string;
  readonly content: Uint8Array;
  readonly deflate?: boolean;
  /** Overrides of what the records say. */
  readonly flags?: number;
  readonly method?: number;
  readonly size?: number;
  readonly compressedSize?: number;
  readonly crc32?: number;
  readonly headerOffset?: number;
  readonly localName?: string;
}

/** Bytes of an archive; `zip64` saturates every 32-bit field and adds the zip64 records. */
export function buildZip(entries: readonly BuiltEntry[], { zip64 = false } = {}): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  const push = (part: Buffer): void => {
    parts.push(part);
    offset += part.length;
  };
  for (const entry of entries) {
    const data = Buffer.from(entry.deflate ? deflateRawSync(entry.content) : entry.content);
    const fields = {
      flags: entry.flags ?? 0,
      method: entry.method ?? (entry.deflate ? 8 : 0),
      crc32: entry.crc32 ?? crc32(entry.content),
      compressedSize: entry.compressedSize ?? data.length,
      size: entry.size ?? entry.content.length,
      headerOffset: entry.headerOffset ?? offset,
    };
    directory.push(record(fields, Buffer.from(entry.name), zip64));
    push(localHeader(fields, Buffer.from(entry.localName ?? entry.name)));
    push(data);
  }
  const start = offset;
  for (const part of directory) push(part);
  const length = offset - start;
  if (zip64) push(end64(entries.length, length, start, offset));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : entries.length, 8);
  end.writeUInt16LE(zip64 ? 0xffff : entries.length, 10);
  end.writeUInt32LE(zip64 ? 0xffffffff : length, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : start, 16);
  push(end);
  return new Uint8Array(Buffer.concat(parts));
}

interface Fields {
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

function localHeader(fields: Fields, name: Buffer): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(fields.flags, 6);
  header.writeUInt16LE(fields.method, 8);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

function record(fields: Fields, name: Buffer, zip64: boolean): Buffer {
  const numbers = [fields.size, fields.compressedSize, fields.headerOffset];
  const extra = Buffer.alloc(zip64 ? 28 : 0);
  if (zip64) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    numbers.forEach((number, i) => void extra.writeBigUInt64LE(BigInt(number), 4 + 8 * i));
  }
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(fields.flags, 8);
  header.writeUInt16LE(fields.method, 10);
  header.writeUInt32LE(fields.crc32, 16);
  header.writeUInt32LE(zip64 ? 0xffffffff : fields.compressedSize, 20);
  header.writeUInt32LE(zip64 ? 0xffffffff : fields.size, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(zip64 ? 0xffffffff : fields.headerOffset, 42);
  return Buffer.concat([header, name, extra]);
}

function end64(count: number, length: number, start: number, at: number): Buffer {
  const end = Buffer.alloc(76);
  end.writeUInt32LE(0x06064b50, 0);
  [count, count, length, start].forEach((number, i) => void end.writeBigUInt64LE(BigInt(number), 24 + 8 * i));
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(at), 64);
  return end;
}
