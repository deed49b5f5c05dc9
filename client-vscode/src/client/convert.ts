/** Positions and ranges between the editor's classes and plain data. */
import type { EditorParams } from '@sonde/protocol';
import { type Position, Range, type TextEditor } from 'vscode';

export type PlainPosition = EditorParams<'sonde/editor/compare'>['before']['position'];
export type PlainRange = { readonly start: PlainPosition; readonly end: PlainPosition };

export function plainPosition({ line, character }: Position): PlainPosition {
  return { line, character };
}

export function plainRange({ start, end }: Range): PlainRange {
  return { start: plainPosition(start), end: plainPosition(end) };
}

export function editorRange({ start, end }: PlainRange): Range {
  return new Range(start.line, start.character, end.line, end.character);
}

/** The lines on screen, as one range: what is folded between them counts too. */
export function visibleLines({ visibleRanges, document }: TextEditor): PlainRange {
  const first = visibleRanges.at(0)?.start.line ?? 0;
  const last = Math.min(visibleRanges.at(-1)?.end.line ?? first, document.lineCount - 1);
  return { start: { line: first, character: 0 }, end: plainPosition(document.lineAt(last).range.end) };
}
