/** In which order two texts to compare are offered. Pure. */
import type { EditorResult } from '@sonde/protocol';

type Unit = EditorResult<'sonde/editor/units'>['units'][number];

/** A prompt or row of a document. */
export interface PlacedUnit extends Unit {
  readonly uri: string;
}

/** Where the cursor is. */
export interface Cursor {
  readonly uri: string;
  readonly line: number;
}

/** Neighbours of which the first is headed `clean:` and the second `corrupt:`. */
export function cleanPairs(units: readonly PlacedUnit[]): (readonly [PlacedUnit, PlacedUnit])[] {
  return units.flatMap((unit, at) => {
    const next = units[at + 1];
    const pair = next && next.uri === unit.uri && /\bclean\b/i.test(unit.title) && /\bcorrupt\b/i.test(next.title);
    return pair ? [[unit, next] as const] : [];
  });
}

/** The unit under the cursor first, then the others in their order. */
export function fromCursor(units: readonly PlacedUnit[], cursor: Cursor | undefined): PlacedUnit[] {
  const here = units.findIndex(({ uri, range }) => uri === cursor?.uri && holds(range, cursor.line));
  return here < 0 ? [...units] : [units[here]!, ...units.slice(0, here), ...units.slice(here + 1)];
}

/** The others, beginning with the one that follows. */
export function after(units: readonly PlacedUnit[], chosen: PlacedUnit): PlacedUnit[] {
  const at = units.indexOf(chosen);
  return [...units.slice(at + 1), ...units.slice(0, at)];
}

function holds({ start, end }: Unit['range'], line: number): boolean {
  return start.line <= line && line <= end.line;
}
