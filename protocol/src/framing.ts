/**
 * Frames on a byte stream: LSP's `Content-Length` header, a blank line, the body. A body is JSON unless its
 * `Content-Type` says MessagePack. Source: LSP 3.17, "Base Protocol".
 */
import type { Frame } from './codec.ts';

const MESSAGEPACK_TYPE = 'application/msgpack';
/** A header has two short lines. */
const MAX_HEADER_BYTES = 1024;

const SEPARATOR = new TextEncoder().encode('\r\n\r\n');

/** One frame as bytes of a stream. */
export function writeFrame(frame: Frame): Uint8Array {
  const body = typeof frame === 'string' ? new TextEncoder().encode(frame) : frame;
  const type = typeof frame === 'string' ? '' : `Content-Type: ${MESSAGEPACK_TYPE}\r\n`;
  const header = new TextEncoder().encode(`Content-Length: ${body.length}\r\n${type}\r\n`);
  const bytes = new Uint8Array(header.length + body.length);
  bytes.set(header);
  bytes.set(body, header.length);
  return bytes;
}

/**
 * A reader that is fed chunks of a stream and returns the frames completed by each.
 * @throws RangeError for a broken header or a body above `maxBytes`: the stream cannot be read on.
 */
export function frameReader(maxBytes: number): (chunk: Uint8Array) => Frame[] {
  let chunks: Uint8Array[] = [];
  let pending = 0;
  // Bytes needed before it is worth looking again; keeps a body in many chunks linear.
  let wanted = 1;
  return (chunk) => {
    chunks.push(chunk);
    pending += chunk.length;
    const frames: Frame[] = [];
    if (pending < wanted) return frames;
    let buffer = chunks.length === 1 ? chunk : join(chunks, pending);
    for (;;) {
      const header = readHeader(buffer, maxBytes);
      wanted = header === null ? buffer.length + 1 : header.end + header.length;
      if (header === null || buffer.length < wanted) break;
      const body = buffer.subarray(header.end, wanted);
      frames.push(header.binary ? Uint8Array.from(body) : new TextDecoder('utf-8', { fatal: true }).decode(body));
      buffer = buffer.subarray(wanted);
    }
    chunks = [buffer];
    pending = buffer.length;
    return frames;
  };
}

function readHeader(buffer: Uint8Array, maxBytes: number): { end: number; length: number; binary: boolean } | null {
  const start = indexOf(buffer, SEPARATOR, MAX_HEADER_BYTES);
  if (start < 0) {
    if (buffer.length > MAX_HEADER_BYTES) throw new RangeError(`No header ended within ${MAX_HEADER_BYTES} bytes.`);
    return null;
  }
  const text = new TextDecoder('latin1').decode(buffer.subarray(0, start));
  const found = /^content-length: *(\d{1,12}) *$/im.exec(text);
  if (!found) throw new RangeError('A header without Content-Length.');
  const length = Number(found[1]);
  if (length > maxBytes) throw new RangeError(`A message of ${length} bytes; at most ${maxBytes} are taken.`);
  return { end: start + SEPARATOR.length, length, binary: text.toLowerCase().includes(MESSAGEPACK_TYPE) };
}

function indexOf(buffer: Uint8Array, wanted: Uint8Array, within: number): number {
  const last = Math.min(buffer.length, within) - wanted.length;
  for (let i = 0; i <= last; i++) if (wanted.every((byte, j) => buffer[i + j] === byte)) return i;
  return -1;
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
