/** Units of a document: prompts and rows by its syntax, and annotated selections, which are prompts of their own. */
import type { Position, Range } from '../prompt/lines.ts';
import { comparePositions } from '../prompt/lines.ts';
import { syntaxOf } from '../prompt/syntax.ts';
import { type Parsed, touches, type Unit } from '../prompt/unit.ts';
import type { Document } from './documents.ts';
import { selectionUnit } from './selection.ts';

const NOTHING: Parsed = { units: [], problems: [] };

/** Units and problems that touch lines [from, to]. */
export function unitsIn(document: Document, from: number, to: number): Parsed {
  const { syntax, lines, annotated } = document;
  const parsed = syntax?.parse(lines, from, to) ?? NOTHING;
  const selected = annotated.filter((range) => touches(range, from, to)).map((range) => selectionUnit(lines, range));
  return selected.length === 0 ? parsed : { ...parsed, units: [...parsed.units, ...selected] };
}

/** Lines of a window, and UTF-16 units of it: about a millisecond's reading. */
const WINDOW_LINES = 256;
const WINDOW_LENGTH = 32 * 2 ** 10;

/** Units that touch lines [from, to], window by window, so that a caller may pause between, or stop. Each comes once. */
export function* windows(
  document: Document,
  from = 0,
  to = document.lines.count - 1,
): Generator<readonly Unit[], undefined> {
  for (const { units } of parsedWindows(document, from, to)) yield units;
  const { lines, annotated } = document;
  const selected = annotated.filter((range) => touches(range, from, Math.min(to, lines.count - 1)));
  if (selected.length > 0) yield selected.map((range) => selectionUnit(lines, range));
}

/** A window's units, and what is wrong in it. */
interface ParsedWindow {
  readonly units: readonly Unit[];
  /** Those of all lines before the next window: a unit may reach out of its own. */
  problems(): Parsed['problems'];
}

/** What the syntax says of lines [from, to], window by window. */
export function* parsedWindows(document: Document, from: number, to: number): Generator<ParsedWindow, undefined> {
  const { syntax, lines } = document;
  const last = Math.min(to, lines.count - 1);
  let next = Math.max(0, from);
  while (syntax && next <= last) {
    const first = next;
    const end = endOfWindow(document, first, last);
    const { units, problems } = syntax.parse(lines, first, end);
    // A unit that reaches out of its window is not read again for the next one, however long it is.
    next = units.reduce((line, { range }) => Math.max(line, range.end.line), end) + 1;
    const reached = Math.min(next - 1, last);
    yield {
      units: first === from ? units : units.filter(({ range: { start } }) => start.line >= first),
      problems: () => (reached > end ? syntax.parse(lines, first, reached).problems : problems),
    };
  }
}

/** The first readable units that touch a range of lines (the document without one); `more` where others follow. */
export function firstUnits(
  document: Document,
  range: Pick<Range, 'start' | 'end'> | null,
  limit: number,
): { readonly units: readonly Unit[]; readonly more: boolean } {
  const units: Unit[] = [];
  for (const window of windows(document, range?.start.line, range?.end.line)) {
    units.push(...window.filter(({ readable }) => readable));
    if (units.length > limit) return { units: units.slice(0, limit), more: true };
  }
  return { units, more: false };
}

function endOfWindow({ lines }: Document, first: number, last: number): number {
  let line = first;
  for (let length = 0; line < Math.min(first + WINDOW_LINES - 1, last); line++) {
    length += lines.line(line).length;
    if (length >= WINDOW_LENGTH) break;
  }
  return line;
}

/** The unit that a place lies in. */
export function unitAt(document: Document, position: Position): Unit | null {
  const { units } = unitsIn(document, position.line, position.line);
  return units.find(({ range }) => contains(range, position)) ?? null;
}

export function contains({ start, end }: Range, position: Position): boolean {
  return comparePositions(start, position) <= 0 && comparePositions(position, end) <= 0;
}

/** "prompt 2", "row 17", "clean". Rows count lines from 1, as editors do. */
export function unitTitle(document: Document, unit: Unit): string {
  if (unit.role !== null) return unit.role;
  if (unit.kind === 'row') return `row ${unit.range.start.line + 1}`;
  if (document.kind !== 'prompt') return `selection at line ${unit.range.start.line + 1}`;
  const before = unitsIn(document, 0, unit.range.start.line).units;
  return `prompt ${before.filter(({ range }) => comparePositions(range.start, unit.range.start) <= 0).length}`;
}

/** A document that is not open, read as its name says. */
export function closedDocument(uri: string, kind: Document['kind'], lines: Document['lines'], field: string): Document {
  const syntax = kind === 'other' ? null : syntaxOf(kind, field === '' ? {} : { field });
  return { uri, kind, version: 0, lines, syntax, annotated: [] };
}
