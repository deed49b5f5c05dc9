/** Where places are after an edit, by the rules of the server (`server/src/editor`); pure. */
import type { PlainPosition, PlainRange } from './convert.ts';

/** A replaced range. Of several in one list each is meant for the text that those before it have left. */
export interface Replaced {
  readonly range: PlainRange;
  readonly text: string;
}

/** Where a token's end is: what was typed behind it leaves it; null inside replaced text. */
export function movedEnd(position: PlainPosition, replaced: Replaced): PlainPosition | null {
  const { start, end } = replaced.range;
  if (compare(position, start) <= 0) return position;
  return compare(position, end) < 0 ? null : shifted(position, replaced);
}

/** Where a range is: moved, grown or shrunk by an edit inside it, null where an edit cuts its edge. */
export function movedRange({ start, end }: PlainRange, replaced: Replaced): PlainRange | null {
  const { range } = replaced;
  if (compare(range.start, end) >= 0) return { start, end };
  if (compare(range.end, start) <= 0) return { start: shifted(start, replaced), end: shifted(end, replaced) };
  const inside = compare(range.start, start) >= 0 && compare(range.end, end) <= 0;
  return inside ? { start, end: shifted(end, replaced) } : null;
}

/** Of a place at or behind the replaced range. */
function shifted(position: PlainPosition, { range: { start, end }, text }: Replaced): PlainPosition {
  const inserted = text.split(/\r\n|\r|\n/);
  const line = position.line - end.line + start.line + inserted.length - 1;
  if (position.line > end.line) return { line, character: position.character };
  const last = inserted.at(-1)!.length + (inserted.length === 1 ? start.character : 0);
  return { line, character: position.character - end.character + last };
}

function compare(a: PlainPosition, b: PlainPosition): number {
  return a.line - b.line || a.character - b.character;
}
