/** CSV datasets (RFC 4180, comma, with a header): a row is the text of one column. */
import { nearest } from '../core/errors.ts';
import { type Cell, cellsOf, readCell } from './csv-cells.ts';
import { csvRows, MAX_ROW_LINES, type RowLines } from './csv-rows.ts';
import type { Lines, Range } from './lines.ts';
import { GUESS_LENGTH, GUESS_ROWS, type Guess, guessField, rememberedGuess } from './text-field.ts';
import { NO_SETTINGS, type Problem, type Syntax, touches, type Unit, unitOf } from './unit.ts';

/** The header's names, the index of the text column, and the header's last line. */
interface Header {
  readonly names: readonly string[];
  readonly column: number;
  readonly row: RowLines;
}

/** Reads CSV; `field` names the text column, else names and first rows tell. */
export function csvSyntax(field?: string): Syntax {
  const index = csvRows();
  const header = rememberedGuess((lines): Guess<Header> => readHeader(lines, field));

  return {
    prepare: index.prepare,
    parse(lines, from, to) {
      const units: Unit[] = [];
      const problems: Problem[] = [];
      const { names, column, row: head } = header(lines);
      if (column < 0 && touches(rowRange(lines, head), from, to)) problems.push(noColumn(lines, head, names, field));
      for (const row of index.rows(lines, from, to)) {
        if (row.from <= head.to && !head.open) continue;
        units.push(...rowUnits(lines, row, names, column, problems));
      }
      return {
        units: units.filter(({ range }) => touches(range, from, to)),
        problems: problems.filter(({ range }) => touches(range, from, to)),
      };
    },
  };

  function readHeader(lines: Lines, wanted: string | undefined): Guess<Header> {
    const [row] = index.rows(lines, 0, 0) as [RowLines];
    const names = cellsOf(lines, row).cells.map((cell) => readCell(lines, cell).text.trim());
    if (wanted !== undefined) return { value: { names, column: names.indexOf(wanted), row }, lastLine: row.to };
    let length = 0;
    let last = row.to;
    const samples: { name: string; length: number }[][] = [];
    while (last + 1 < lines.count && samples.length < GUESS_ROWS && length < GUESS_LENGTH) {
      const next = index.rows(lines, last + 1, last + 1).at(-1);
      if (!next || next.from <= last) break;
      const texts = cellsOf(lines, next).cells.map((cell) => readCell(lines, cell).text);
      length += texts.reduce((sum, text) => sum + text.length, 1);
      if (texts.length > 1 || texts[0] !== '') {
        // Numbers are the longest cells of many tables, and no text.
        const numeric = (text: string): boolean => text.trim() === '' || Number.isFinite(Number(text));
        samples.push(
          texts.flatMap((text, i) => (numeric(text) ? [] : [{ name: names[i] ?? '', length: text.length }])),
        );
      }
      last = next.to;
    }
    const name = samples.length === 0 ? null : guessField(samples);
    const column = name === null ? (names.length === 1 ? 0 : -1) : names.indexOf(name);
    return { value: { names, column, row }, lastLine: last };
  }
}

function rowUnits(lines: Lines, row: RowLines, names: readonly string[], column: number, problems: Problem[]): Unit[] {
  if (row.from === row.to && lines.line(row.from).trim() === '') return [];
  const { cells, garbage } = cellsOf(lines, row);
  if (row.open) {
    const { start } = cells.at(-1)!;
    const quote = { start: { line: start.line, character: start.character - 1 }, end: start };
    const message = `This quote opens a cell that is not closed within ${MAX_ROW_LINES} lines or before the end of the file.`;
    problems.push({ range: quote, severity: 'error', code: 'row-syntax', message });
    return [];
  }
  if (garbage) {
    const range = { start: garbage, end: { line: garbage.line, character: garbage.character + 1 } };
    const message =
      'Text behind a closing quote: expected a comma or the end of the row; a quote in a cell is doubled.';
    problems.push({ range, severity: 'error', code: 'row-syntax', message });
    return [];
  }
  if (cells.length !== names.length) {
    const message = `This row has ${cells.length} cells, the header has ${names.length}; a cell with a comma needs quotes.`;
    problems.push({ range: rowRange(lines, row), severity: 'warning', code: 'row-field', message });
  }
  const cell: Cell | undefined = cells[column];
  const mapped = cell && readCell(lines, cell);
  if (!mapped || mapped.text === '') return [];
  return [unitOf(mapped, { kind: 'row', role: null, settings: NO_SETTINGS, turns: null }, problems)];
}

function noColumn(lines: Lines, row: RowLines, names: readonly string[], field: string | undefined): Problem {
  const known = field === undefined ? names : nearest(field, names);
  const problem = field === undefined ? 'No column holds text' : `The header has no column "${field}"`;
  const message = `${problem}. Its columns: ${known.slice(0, 20).join(', ')}.`;
  return { range: rowRange(lines, row), severity: 'warning', code: 'row-field', message };
}

function rowRange(lines: Lines, { from, to }: RowLines): Range {
  return { start: { line: from, character: 0 }, end: { line: to, character: lines.line(to).length } };
}
