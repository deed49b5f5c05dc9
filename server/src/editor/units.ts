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

/** All units, window by window, so that a caller may pause between. Each unit comes once. */
export function* allUnits(document: Document): Generator<readonly Unit[]> {
  const { lines } = document;
  const window = 256;
  for (let from = 0; from < lines.count; from += window) {
    const to = Math.min(lines.count, from + window) - 1;
    const { units } = unitsIn(document, from, to);
    yield units.filter(({ range: { start } }) => start.line >= from && start.line <= to);
  }
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
