/**
 * Messages to frames and back: a text frame is JSON, a binary frame is MessagePack with tensors as raw bytes. Both ends
 * use it, which is why msgpackr is confined to this file. A frame's size is the transport's to bound.
 * Outside tensors a negative zero becomes zero, in both.
 */
import { Packr, Unpackr } from 'msgpackr';
import { MAX_DEPTH } from './codec-limits.ts';
import { scanMessagePack } from './msgpack-scan.ts';

/** What one WebSocket frame, or one framed body on a stream, holds. */
export type Frame = string | Uint8Array;

export type Codec = 'json' | 'messagepack';

/** Records, references and typed arrays are msgpackr's own; other languages read plain MessagePack. */
const PACKR = new Packr({
  useRecords: false,
  variableMapSize: true,
  useToJSON: false,
  // An absent optional field is absent on the wire too, as in JSON.
  ...{ skipValues: [undefined] },
});
const UNPACKR = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

/** The codec of a frame. */
export function codecOf(frame: Frame): Codec {
  return typeof frame === 'string' ? 'json' : 'messagepack';
}

/** Encodes a plain value. */
export function encodeFrame(codec: Codec, message: unknown): Frame {
  return codec === 'json' ? JSON.stringify(message) : PACKR.pack(message);
}

/** Decodes a frame. @throws RangeError or SyntaxError for what is no message; nothing large is allocated first. */
export function decodeFrame(frame: Frame): unknown {
  if (typeof frame === 'string') {
    checkNesting(frame);
    return JSON.parse(frame);
  }
  scanMessagePack(frame);
  return UNPACKR.unpack(frame);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function checkNesting(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_DEPTH) throw new RangeError(`Not a message: JSON nested beyond ${MAX_DEPTH} levels.`);
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}
