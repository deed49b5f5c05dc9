/**
 * The documents of one editor as immutable snapshots. Invariants: a snapshot's lines never change; an edit costs what it
 * touches, whatever the document's size. Deliberately absent: models, and what LSP calls things.
 */
import { comparePositions, type Lines, linesOf, type Position, type Range } from '../prompt/lines.ts';
import { type DocumentKind, syntaxOf } from '../prompt/syntax.ts';
import type { Syntax } from '../prompt/unit.ts';

/** A document at one version. */
export interface Document {
  readonly uri: string;
  /** `other` is read only where a selection is annotated. */
  readonly kind: DocumentKind | 'other';
  readonly version: number;
  readonly lines: Lines;
  /** Null for `other`. */
  readonly syntax: Syntax | null;
  /** Selections that are read as texts of their own, in order. */
  readonly annotated: readonly Range[];
}

/** A replaced range; the whole document without one. */
export interface Edit {
  readonly range?: Range | undefined;
  readonly text: string;
}

export interface Documents {
  open(uri: string, languageId: string, version: number, text: string): Document;
  /** Undefined where the document is not open. */
  change(uri: string, version: number, edits: readonly Edit[]): Document | undefined;
  close(uri: string): void;
  get(uri: string): Document | undefined;
  all(): readonly Document[];
  /** Adds a selection to what is read of a document, or with null ends all. */
  annotate(uri: string, range: Range | null): Document | undefined;
  /** Sets the datasets' text field; every document is read anew. */
  setField(field: string): void;
}

const ENDINGS: readonly (readonly [string, DocumentKind])[] = [
  ['.prompt', 'prompt'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.csv', 'csv'],
  ['.txt', 'txt'],
];

/** What a document is read as, by its name, else by the editor's language for it. */
export function kindOf(uri: string, languageId = ''): Document['kind'] {
  const path = uri.replace(/[?#].*$/s, '').toLowerCase();
  const byName = ENDINGS.find(([ending]) => path.endsWith(ending))?.[1];
  if (byName) return path.endsWith('/.sonde/labels.jsonl') ? 'other' : byName;
  if (languageId === 'sonde-prompt') return 'prompt';
  return languageId === 'jsonl' || languageId === 'csv' ? languageId : 'other';
}

/** An empty set of documents; `changed` is told of every edit, before anybody asks about the new snapshot. */
export function createDocuments(changed: (uri: string, edits: readonly Edit[]) => void): Documents {
  const open = new Map<string, Document>();
  let field = '';

  const read = (kind: Document['kind']): Syntax | null => (kind === 'other' ? null : syntaxOf(kind, named(field)));
  const put = (document: Document): Document => {
    open.set(document.uri, document);
    return document;
  };

  return {
    open(uri, languageId, version, text) {
      const kind = kindOf(uri, languageId);
      return put({ uri, kind, version, lines: linesOf(text), syntax: read(kind), annotated: [] });
    },
    change(uri, version, edits) {
      const before = open.get(uri);
      if (!before) return undefined;
      let { lines, annotated } = before;
      for (const { range, text } of edits) {
        if (range) {
          annotated = annotated.flatMap((selection) => moveRange(selection, range, text) ?? []);
          lines = lines.edit(range, text);
        } else {
          lines = linesOf(text);
          annotated = [];
        }
      }
      changed(uri, edits);
      return put({ ...before, version, lines, annotated });
    },
    close(uri) {
      open.delete(uri);
    },
    get: (uri) => open.get(uri),
    all: () => [...open.values()],
    annotate(uri, range) {
      const document = open.get(uri);
      if (!document) return undefined;
      const kept = range === null ? [] : document.annotated.filter((selection) => !overlap(selection, range));
      const annotated = range === null ? [] : [...kept, range].sort((a, b) => comparePositions(a.start, b.start));
      return put({ ...document, annotated });
    },
    setField(name) {
      if (name === field) return;
      field = name;
      for (const document of open.values()) put({ ...document, syntax: read(document.kind) });
    },
  };
}

function named(field: string): { field?: string } {
  return field === '' ? {} : { field };
}

function overlap(a: Range, b: Range): boolean {
  return comparePositions(a.start, b.end) < 0 && comparePositions(b.start, a.end) < 0;
}

/** Where a range lies after a replacement: moved, grown or shrunk by an edit inside it, null where an edit cuts its edge. */
export function moveRange(range: Range, replaced: Range, text: string): Range | null {
  if (comparePositions(replaced.start, range.end) >= 0) return range;
  const move = (position: Position): Position => movePosition(position, replaced, text);
  if (comparePositions(replaced.end, range.start) <= 0) return { start: move(range.start), end: move(range.end) };
  const inside = comparePositions(replaced.start, range.start) >= 0 && comparePositions(replaced.end, range.end) <= 0;
  return inside ? { start: range.start, end: move(range.end) } : null;
}

/** Where a place at or behind a replaced range lies after the replacement. */
export function movePosition(position: Position, { end, start }: Range, text: string): Position {
  if (comparePositions(position, end) < 0) return position;
  const inserted = text.split(/\r\n|\r|\n/);
  const line = position.line - end.line + start.line + inserted.length - 1;
  if (position.line > end.line) return { line, character: position.character };
  const last = inserted.at(-1)!.length + (inserted.length === 1 ? start.character : 0);
  return { line, character: position.character - end.character + last };
}
