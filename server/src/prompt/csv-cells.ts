/** The cells of one CSV row (RFC 4180) and the text of a cell with the place of every character. */
import { type RowLines, rowStart } from './csv-rows.ts';
import type { Lines, Position } from './lines.ts';
import { type MappedText, span, textBuilder } from './source-map.ts';

/** What a cell holds lies in [start, end), without its quotes. */
export interface Cell {
  readonly quoted: boolean;
  readonly start: Position;
  readonly end: Position;
}

/** A row's cells, and the place of text behind a closing quote. */
export interface Cells {
  readonly cells: readonly Cell[];
  readonly garbage: Position | null;
}

/** Reads the cells of a row; a quoted one that is open ends with the row. */
export function cellsOf(lines: Lines, row: RowLines): Cells {
  const cells: Cell[] = [];
  let garbage: Position | null = null;
  let line = row.from;
  let text = lines.line(line);
  let at = rowStart(text);
  for (;;) {
    if (text[at] === '"') {
      const start = { line, character: at + 1 };
      for (at++; ; ) {
        const quote = text.indexOf('"', at);
        if (quote >= 0 && text[quote + 1] !== '"') {
          at = quote;
          break;
        }
        if (quote >= 0) at = quote + 2;
        else if (line === row.to) {
          cells.push({ quoted: true, start, end: { line, character: text.length } });
          return { cells, garbage };
        } else {
          text = lines.line(++line);
          at = 0;
        }
      }
      cells.push({ quoted: true, start, end: { line, character: at } });
      at++;
      if (at < text.length && text[at] !== ',') garbage ??= { line, character: at };
    } else {
      const end = nextComma(text, at);
      cells.push({ quoted: false, start: { line, character: at }, end: { line, character: end } });
    }
    const comma = nextComma(text, at);
    if (comma === text.length) return { cells, garbage };
    at = comma + 1;
  }
}

/** The text of a cell; doubled quotes are one, line breaks are as they are written. */
export function readCell(lines: Lines, { quoted, start, end }: Cell): MappedText {
  const builder = textBuilder();
  for (let i = start.line; i <= end.line; i++) {
    const line = lines.line(i);
    const stop = i === end.line ? end.character : line.length;
    let at = i === start.line ? start.character : 0;
    while (at < stop) {
      const quote = quoted ? line.indexOf('""', at) : -1;
      const next = quote < 0 || quote >= stop ? stop : quote;
      builder.literal(line.slice(at, next), i, at);
      at = next;
      if (at < stop) builder.escape('"', span(i, at, i, at + 2));
      if (at < stop) at += 2;
    }
    if (i < end.line) builder.escape(lines.eol(i), span(i, line.length, i + 1, 0));
  }
  return builder.build(start);
}

function nextComma(text: string, from: number): number {
  const comma = text.indexOf(',', from);
  return comma < 0 ? text.length : comma;
}
