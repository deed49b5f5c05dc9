/** Prompts and rows of a document as a list, and what may be folded. */
import type { Range } from '../prompt/lines.ts';
import type { Unit } from '../prompt/unit.ts';
import { documentOf, type Session } from './session.ts';
import { unitTitle, windows } from './units.ts';

export interface OutlineEntry {
  readonly title: string;
  readonly range: Range;
  /** The beginning of the text, one line. */
  readonly preview: string;
}

/** Entries that are told. */
export const MAX_OUTLINE = 1000;
/** Folds that are told; VS Code shows no more of them. */
const MAX_FOLDS = 5000;
/** UTF-16 units of a preview. */
const PREVIEW = 80;

/** The units that touch a range of lines; the whole document without one. */
export function outlineOf(
  session: Session,
  uri: string,
  range: Range | null,
): { readonly units: readonly OutlineEntry[]; readonly truncated: boolean } {
  const document = documentOf(session, uri);
  const units: Unit[] = [];
  for (const window of windows(document, range?.start.line, range?.end.line)) {
    units.push(...window);
    if (units.length > MAX_OUTLINE) break;
  }
  const prompts = document.kind === 'prompt' && (range?.start.line ?? 0) === 0;
  let number = 0;
  const entries = units.slice(0, MAX_OUTLINE).map((unit) => {
    number++;
    const title = prompts && unit.role === null ? `prompt ${number}` : unitTitle(document, unit);
    return { title, range: unit.range, preview: unit.text.trim().replace(/\s+/g, ' ').slice(0, PREVIEW) };
  });
  return { units: entries, truncated: units.length > MAX_OUTLINE };
}

/** Prompts of more than one line. */
export function foldsOf(session: Session, uri: string): readonly Range[] {
  const document = session.documents.get(uri);
  if (document?.kind !== 'prompt') return [];
  const folds: Range[] = [];
  for (const window of windows(document)) {
    folds.push(...window.map(({ range }) => range).filter(({ start, end }) => end.line > start.line));
    if (folds.length > MAX_FOLDS) break;
  }
  return folds;
}
