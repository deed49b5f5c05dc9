/** Prompts and rows of a document as a list, and what may be folded. */
import type { Range } from '../prompt/lines.ts';
import { documentOf, type Session } from './session.ts';
import { unitsIn, unitTitle } from './units.ts';

export interface OutlineEntry {
  readonly title: string;
  readonly range: Range;
  /** The beginning of the text, one line. */
  readonly preview: string;
}

/** Entries that are told. */
export const MAX_OUTLINE = 1000;
/** UTF-16 units of a preview. */
const PREVIEW = 80;
/** Lines that are looked at at least: rows may be many, and are one line each. */
const MAX_LINES = 20_000;

/** The units that touch a range of lines; the whole document without one. */
export function outlineOf(
  session: Session,
  uri: string,
  range: Range | null,
): { readonly units: readonly OutlineEntry[]; readonly truncated: boolean } {
  const document = documentOf(session, uri);
  const last = document.lines.count - 1;
  const from = range?.start.line ?? 0;
  const to = Math.min(last, range?.end.line ?? last, from + MAX_LINES);
  const { units } = unitsIn(document, from, to);
  const prompts = document.kind === 'prompt' && from === 0;
  let number = 0;
  const entries = units.slice(0, MAX_OUTLINE).map((unit) => {
    number++;
    const title = prompts && unit.role === null ? `prompt ${number}` : unitTitle(document, unit);
    return { title, range: unit.range, preview: unit.text.trim().replace(/\s+/g, ' ').slice(0, PREVIEW) };
  });
  return { units: entries, truncated: units.length > MAX_OUTLINE || (range === null && to < last) };
}

/** Prompts of more than one line. */
export function foldsOf(session: Session, uri: string): readonly Range[] {
  const document = session.documents.get(uri);
  if (document?.kind !== 'prompt') return [];
  const { units } = unitsIn(document, 0, document.lines.count - 1);
  return units.map(({ range }) => range).filter(({ start, end }) => end.line > start.line);
}
