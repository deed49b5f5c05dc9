/**
 * A document as an immutable array of lines, so that an edit of a 40 MB file touches few of them.
 * Lines end at `\n`, `\r\n` or a lone `\r`, as LSP has it; the last line has no break, so a text that ends in a break
 * has an empty line behind it. Snapshots share blocks of lines that no edit touched: what was computed of a block can
 * hang on its identity. Absent on purpose: offsets into the whole text.
 */

/** A place in a document: line and UTF-16 unit in that line, both 0-based, as in LSP. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** From `start` up to but not including `end`. */
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** Lines with their breaks that no edit changes; snapshots of one document share them. */
export interface Block {
  readonly raws: readonly string[];
  /** UTF-16 units, breaks included. */
  readonly length: number;
}

export interface Lines {
  /** At least 1. */
  readonly count: number;
  /** UTF-16 units of the document, breaks included. */
  readonly length: number;
  readonly blocks: readonly Block[];
  /** A line without its break; empty outside the document. */
  line(i: number): string;
  eol(i: number): '' | '\n' | '\r\n' | '\r';
  /** The text of a range as it is written, or of the whole document. */
  text(range?: Range): string;
  /** The document with a range replaced; positions outside are moved to the nearest place. */
  edit(range: Range, text: string): Lines;
  /** The block that holds a line, and its first line. */
  blockAt(line: number): { readonly index: number; readonly firstLine: number };
}

// Small enough to copy at every keystroke and to look through in well under a millisecond, large enough to be few.
const BLOCK_LINES = 512;
const BLOCK_LENGTH = 64 * 2 ** 10;

/** Splits a text into lines. */
export function linesOf(text: string): Lines {
  return document(blocksOf(split(text)));
}

/** Whether `a` lies before `b` (negative), at it (0) or behind it (positive). */
export function comparePositions(a: Position, b: Position): number {
  return a.line - b.line || a.character - b.character;
}

function document(blocks: readonly Block[]): Lines {
  // Blocks are never empty and there is always one, so that every line has a block.
  const firsts: number[] = [];
  let count = 0;
  let length = 0;
  for (const block of blocks) {
    firsts.push(count);
    count += block.raws.length;
    length += block.length;
  }

  const blockAt = (line: number): { index: number; firstLine: number } => {
    let low = 0;
    let high = firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (firsts[middle]! <= line) low = middle;
      else high = middle - 1;
    }
    return { index: low, firstLine: firsts[low]! };
  };
  const raw = (line: number): string => {
    const { index, firstLine } = blockAt(line);
    return blocks[index]!.raws[line - firstLine] ?? '';
  };
  const clamp = ({ line, character }: Position): Position => {
    if (line < 0) return { line: 0, character: 0 };
    if (line >= count) return { line: count - 1, character: withoutBreak(raw(count - 1)).length };
    return { line, character: Math.max(0, Math.min(character, withoutBreak(raw(line)).length)) };
  };
  const rawsOf = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => raw(from + i));

  return {
    count,
    length,
    blocks,
    blockAt,
    line: (i) => withoutBreak(raw(i)),
    eol: (i) => breakOf(raw(i)),
    text(range) {
      if (!range) return blocks.map((block) => block.raws.join('')).join('');
      const [start, end] = ordered(clamp(range.start), clamp(range.end));
      if (start.line === end.line) return raw(start.line).slice(start.character, end.character);
      const between = rawsOf(start.line + 1, end.line);
      return [raw(start.line).slice(start.character), ...between, raw(end.line).slice(0, end.character)].join('');
    },
    edit(range, text) {
      const [start, end] = ordered(clamp(range.start), clamp(range.end));
      let middle = raw(start.line).slice(0, start.character) + text + raw(end.line).slice(end.character);
      let first = start.line;
      // A lone \r before what now begins with \n becomes one break with it.
      if (first > 0 && middle.startsWith('\n') && raw(first - 1).endsWith('\r')) middle = raw(--first) + middle;
      const a = blockAt(first);
      const b = blockAt(end.line);
      const replaced = split(middle);
      // Only the document's last line may lack a break; elsewhere the empty rest belongs to the line that follows.
      if (end.line < count - 1) replaced.pop();
      const around = [
        ...blocks[a.index]!.raws.slice(0, first - a.firstLine),
        ...replaced,
        ...blocks[b.index]!.raws.slice(end.line + 1 - b.firstLine),
      ];
      return document([...blocks.slice(0, a.index), ...blocksOf(around), ...blocks.slice(b.index + 1)]);
    },
  };
}

/** The lines of a text with their breaks; the last one has none and may be empty. */
function split(text: string): string[] {
  const raws: string[] = [];
  let at = 0;
  let lf = text.indexOf('\n');
  let cr = text.indexOf('\r');
  while (lf >= 0 || cr >= 0) {
    const first = cr < 0 || (lf >= 0 && lf < cr) ? lf : cr;
    const next = first === cr && lf === cr + 1 ? first + 2 : first + 1;
    raws.push(text.slice(at, next));
    at = next;
    if (lf >= 0 && lf < at) lf = text.indexOf('\n', at);
    if (cr >= 0 && cr < at) cr = text.indexOf('\r', at);
  }
  raws.push(text.slice(at));
  return raws;
}

function blocksOf(raws: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let from = 0;
  let length = 0;
  for (let i = 0; i < raws.length; i++) {
    length += raws[i]!.length;
    if (i + 1 - from < BLOCK_LINES && length < BLOCK_LENGTH && i + 1 < raws.length) continue;
    blocks.push({ raws: raws.slice(from, i + 1), length });
    from = i + 1;
    length = 0;
  }
  return blocks;
}

function breakOf(raw: string): '' | '\n' | '\r\n' | '\r' {
  if (raw.endsWith('\n')) return raw.endsWith('\r\n') ? '\r\n' : '\n';
  return raw.endsWith('\r') ? '\r' : '';
}

function withoutBreak(raw: string): string {
  const size = breakOf(raw).length;
  return size === 0 ? raw : raw.slice(0, -size);
}

function ordered(a: Position, b: Position): [Position, Position] {
  return comparePositions(a, b) <= 0 ? [a, b] : [b, a];
}
