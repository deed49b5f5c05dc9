/**
 * Where the rows of a CSV document begin: whether each line begins inside a quoted cell. What a block of lines does to
 * that state is worked out once for each state it may be entered in, so an edit costs the blocks that it changed.
 */
import type { Block, Lines } from './lines.ts';

/** Lines that one row may span; an open quote would else make a row of the rest of the file. */
export const MAX_ROW_LINES = 2000;

/** Lines [from, to] of a row. */
export interface RowLines {
  readonly from: number;
  readonly to: number;
  /** Whether a quoted cell is still open at its end. */
  readonly open: boolean;
}

export interface CsvRows {
  /** Rows that touch the lines [from, to], in order; parts of rows that are too long are left out. */
  rows(lines: Lines, from: number, to: number): RowLines[];
  /** Works ahead by about `units` UTF-16 units; true when nothing is left to do. */
  prepare(lines: Lines, units: number): boolean;
}

/** Per line of a block whether it begins quoted, and whether the line behind the block does. */
interface Passage {
  readonly starts: Uint8Array;
  readonly exit: 0 | 1;
}

export function csvRows(): CsvRows {
  const known = new WeakMap<Block, [Passage?, Passage?]>();
  const pass = (block: Block, entry: 0 | 1): Passage => {
    const passages = known.get(block) ?? [];
    known.set(block, passages);
    passages[entry] ??= passageOf(block, entry);
    return passages[entry];
  };

  /** Answers for one document, going through its blocks as far as is asked. */
  const quotedLines = (lines: Lines): ((line: number) => boolean) => {
    const entries: (0 | 1)[] = [0];
    return (line) => {
      const { index, firstLine } = lines.blockAt(line);
      while (entries.length <= index) entries.push(pass(lines.blocks[entries.length - 1]!, entries.at(-1)!).exit);
      return pass(lines.blocks[index]!, entries[index]!).starts[line - firstLine] === 1;
    };
  };

  return {
    rows(lines, from, to) {
      const isQuoted = quotedLines(lines);
      const last = Math.min(to, lines.count - 1);
      const rows: RowLines[] = [];
      let start = Math.max(from, 0);
      for (let back = 0; start > 0 && back < MAX_ROW_LINES && isQuoted(start); back++) start--;
      while (start <= last) {
        let end = start + 1;
        while (end < lines.count && end - start < MAX_ROW_LINES && isQuoted(end)) end++;
        const open = end < lines.count ? isQuoted(end) : endsQuoted(lines.line(end - 1), isQuoted(end - 1));
        if (!isQuoted(start)) rows.push({ from: start, to: end - 1, open });
        start = end;
      }
      return rows;
    },
    prepare(lines, units) {
      let left = units;
      let entry: 0 | 1 = 0;
      for (const block of lines.blocks) {
        if (known.get(block)?.[entry] === undefined) {
          if (left <= 0) return false;
          left -= block.length;
        }
        entry = pass(block, entry).exit;
      }
      return true;
    },
  };
}

function passageOf(block: Block, entry: 0 | 1): Passage {
  const starts = new Uint8Array(block.raws.length);
  let quoted = entry === 1;
  for (let i = 0; i < starts.length; i++) {
    starts[i] = quoted ? 1 : 0;
    quoted = endsQuoted(block.raws[i]!, quoted);
  }
  return { starts, exit: quoted ? 1 : 0 };
}

/** Whether a quoted cell is open behind a line. A quote opens a cell only where the cell begins. */
function endsQuoted(line: string, startsQuoted: boolean): boolean {
  if (!line.includes('"')) return startsQuoted;
  let quoted = startsQuoted;
  let at = quoted ? 0 : rowStart(line);
  for (;;) {
    if (quoted) {
      const quote = line.indexOf('"', at);
      if (quote < 0) return true;
      at = quote + 1;
      if (line[at] === '"') {
        at++;
        continue;
      }
      quoted = false;
    } else if (line[at] === '"') {
      quoted = true;
      at++;
      continue;
    }
    const comma = line.indexOf(',', at);
    if (comma < 0) return false;
    at = comma + 1;
  }
}

/** Where the first cell of a row begins; a byte order mark is no part of it, at the top or where files were joined. */
export function rowStart(line: string): number {
  return line.startsWith('\ufeff') ? 1 : 0;
}
