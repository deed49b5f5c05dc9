/**
 * Where each character of a unit's text is written. A map is a list of pieces in the order of both the text and the
 * source: a literal piece lies in one line and maps unit by unit; any other (an escape, a line break, a doubled quote)
 * is whole or not at all. Places in the middle of a surrogate pair count as the whole character.
 */
import { MAX_TEXT_LENGTH } from '../core/limits.ts';
import { comparePositions, type Position, type Range } from './lines.ts';

/** A stretch of text and where it is written. */
export interface Piece {
  /** UTF-16 offset in the unit's text, and how many units of it. */
  readonly at: number;
  readonly length: number;
  readonly range: Range;
  readonly literal: boolean;
}

/** Both directions between UTF-16 offsets of a text and places in its document. */
export interface SourceMap {
  /** Where [start, end) is written, whole escapes and characters; null where nothing of it is. */
  locate(start: number, end: number): Range | null;
  /** Offset of what is written at a place; of the text's end right behind it; null elsewhere. */
  offsetAt(position: Position): number | null;
}

/** A text with its map, and where it begins and ends in the source. */
export interface MappedText extends SourceMap {
  readonly text: string;
  readonly range: Range;
  /** Whether more is written than MAX_TEXT_LENGTH, which is all that is read. */
  readonly cut: boolean;
}

/** Collects a text piece by piece, in the order of the source. */
export interface TextBuilder {
  /** Adds what is written as it is read, inside one line. */
  literal(text: string, line: number, character: number): void;
  /** Adds what is written otherwise than it is read: an escape sequence, a line break. */
  escape(text: string, range: Range): void;
  /** The text; `empty` is its place where nothing was added. */
  build(empty: Position): MappedText;
  /** Whether anything that is still added is cut off. */
  isFull(): boolean;
}

export function textBuilder(): TextBuilder {
  const parts: string[] = [];
  const pieces: Piece[] = [];
  let at = 0;
  let cut = false;
  const add = (text: string, range: Range, literal: boolean): void => {
    if (text === '') return;
    if (at + text.length > MAX_TEXT_LENGTH) cut = true;
    if (cut) return;
    parts.push(text);
    pieces.push({ at, length: text.length, range, literal });
    at += text.length;
  };
  return {
    literal(text, line, character) {
      const room = MAX_TEXT_LENGTH - at;
      const part = text.length <= room ? text : text.slice(0, splitsPair(text, room) ? room - 1 : room);
      add(part, span(line, character, line, character + part.length), true);
      cut ||= part.length < text.length;
    },
    escape: (text, range) => add(text, range, false),
    build: (empty) => mappedText(parts.join(''), pieces, empty, cut),
    isFull: () => cut,
  };
}

/** A range from its four numbers. */
export function span(startLine: number, startCharacter: number, endLine: number, endCharacter: number): Range {
  return {
    start: { line: startLine, character: startCharacter },
    end: { line: endLine, character: endCharacter },
  };
}

function mappedText(text: string, pieces: readonly Piece[], empty: Position, cut: boolean): MappedText {
  const range = {
    start: pieces[0]?.range.start ?? empty,
    end: pieces.at(-1)?.range.end ?? empty,
  };
  /** The piece that holds the unit at an offset; pieces cover the text without gaps. */
  const pieceAt = (offset: number): Piece => pieces[lastWhere(pieces, (piece) => piece.at <= offset)]!;

  return {
    text,
    range,
    cut,
    locate(start, end) {
      if (!(start >= 0 && start <= end && end <= text.length)) return null;
      if (text === '') return range;
      const from = splitsPair(text, start) ? start - 1 : start;
      const to = splitsPair(text, end) ? end + 1 : end;
      if (from === text.length) return { start: range.end, end: range.end };
      const first = startIn(pieceAt(from), from);
      if (from === to) return { start: first, end: first };
      return { start: first, end: endIn(pieceAt(to - 1), to) };
    },
    offsetAt(position) {
      if (comparePositions(position, range.start) < 0 || comparePositions(position, range.end) > 0) return null;
      if (pieces.length === 0) return 0;
      const piece = pieces[lastWhere(pieces, ({ range: { start } }) => comparePositions(start, position) <= 0)]!;
      if (comparePositions(position, piece.range.end) >= 0) return piece.at + piece.length;
      if (!piece.literal) return piece.at;
      return piece.at + position.character - piece.range.start.character;
    },
  };
}

/** Whether an offset lies between the two halves of one character. */
function splitsPair(text: string, offset: number): boolean {
  return offset > 0 && isHigh(text.charCodeAt(offset - 1)) && isLow(text.charCodeAt(offset));
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** Offset of the first half of a pair that lacks the other, or −1. */
export function loneSurrogate(text: string): number {
  return text.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
}

function startIn({ literal, range: { start }, at }: Piece, offset: number): Position {
  return literal ? { line: start.line, character: start.character + offset - at } : start;
}

function endIn({ literal, range: { start, end }, at }: Piece, offset: number): Position {
  return literal ? { line: start.line, character: start.character + offset - at } : end;
}

/** Index of the last piece for which a condition holds that holds for a prefix of them; 0 where it holds for none. */
function lastWhere(pieces: readonly Piece[], holds: (piece: Piece) => boolean): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (holds(pieces[middle]!)) low = middle;
    else high = middle - 1;
  }
  return low;
}
