/** Vocabulary pieces as readable text: undoes byte-level alphabets, metaspaces, byte-fallback and WordPiece marks. */

/** How pieces spell text; read from the decoder of tokenizer.json. */
export type PieceScheme = 'byte-level' | 'metaspace' | 'word-piece' | 'plain';

/** Scheme of a decoder given as JSON; sequences are searched, an absent decoder leaves pieces as they are. */
export function pieceScheme(decoder: unknown): PieceScheme {
  const types = decoderTypes(decoder);
  if (types.has('ByteLevel')) return 'byte-level';
  if (types.has('WordPiece')) return 'word-piece';
  return types.has('Metaspace') || types.has('ByteFallback') || types.has('Replace') ? 'metaspace' : 'plain';
}

/** Text that a piece stands for; bytes that are no whole character appear as `\xNN`. */
export function pieceText(piece: string, scheme: PieceScheme): string {
  if (scheme === 'word-piece') return piece.startsWith('##') ? piece.slice(2) : piece;
  if (scheme === 'byte-level') return byteLevelText(piece);
  if (scheme === 'plain') return piece;
  const byte = /^<0x([0-9A-F]{2})>$/.exec(piece);
  return byte ? readable(Uint8Array.of(Number.parseInt(byte[1]!, 16))) : piece.replaceAll('▁', ' ');
}

/**
 * GPT-2's alphabet: printable Latin-1 bytes stand for themselves, the other 68 for U+0100 and up, in byte order
 * (`bytes_to_unicode` in openai/gpt-2 encoder.py).
 */
const BYTE_OF: ReadonlyMap<string, number> = new Map(
  (() => {
    const plain = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !plain(byte));
    const codes = Array.from({ length: 256 }, (_, byte) => (plain(byte) ? byte : 256 + others.indexOf(byte)));
    return codes.map((code, byte) => [String.fromCharCode(code), byte] as const);
  })(),
);

function byteLevelText(piece: string): string {
  const bytes = [...piece].map((char) => BYTE_OF.get(char));
  // A character outside the alphabet marks a piece that was never byte-level.
  return bytes.includes(undefined) ? piece : readable(Uint8Array.from(bytes as number[]));
}

function readable(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at]!);
    const char = decodeExact(bytes.subarray(at, at + length));
    text += char ?? `\\x${bytes[at]!.toString(16).toUpperCase().padStart(2, '0')}`;
    at += char === null ? 1 : length;
  }
  return text;
}

/** Bytes that a UTF-8 sequence with this first byte should have. */
function sequenceLength(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

function decodeExact(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Half a character is an ordinary piece of a byte-level vocabulary; the caller shows its bytes.
    return null;
  }
}

function decoderTypes(decoder: unknown): ReadonlySet<string> {
  if (typeof decoder !== 'object' || decoder === null) return new Set();
  const { type, decoders } = decoder as { type?: unknown; decoders?: unknown };
  const inner = Array.isArray(decoders) ? decoders.flatMap((entry) => [...decoderTypes(entry)]) : [];
  return new Set(typeof type === 'string' ? [type, ...inner] : inner);
}
