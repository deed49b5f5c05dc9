/**
 * The hints that documents showed last, moved through their edits; pure. Invariants: a hint inside replaced text is gone,
 * every other stands where its token went, by the rule of the server's own memory (`server/src/editor/hint-memory.ts`);
 * documents and hints are bounded, the longest unused go first.
 */
import type { PlainPosition } from './convert.ts';
import { movedEnd, type Replaced } from './moved.ts';

export interface Placed {
  /** The token's end. */
  readonly position: PlainPosition;
}

export interface HintMemory<H extends Placed> {
  /** Hints on lines [from, to], as last shown. */
  on(uri: string, from: number, to: number): readonly H[];
  /** Replaces the hints on lines [from, to]. */
  show(uri: string, from: number, to: number, hints: readonly H[]): void;
  edited(uri: string, edits: readonly Replaced[]): void;
  forget(uri: string): void;
}

const MAX_DOCUMENTS = 50;
/** Of one document; those farthest from what was last shown go first. */
const MAX_HINTS = 5000;

export function createHintMemory<H extends Placed>(): HintMemory<H> {
  // The last shown stands last.
  const shown = new Map<string, readonly H[]>();
  const within =
    (from: number, to: number) =>
    ({ position: { line } }: H) =>
      line >= from && line <= to;
  return {
    on: (uri, from, to) => (shown.get(uri) ?? []).filter(within(from, to)),
    show(uri, from, to, hints) {
      const inside = within(from, to);
      const distance = ({ position: { line } }: H): number => Math.max(from - line, line - to);
      const others = (shown.get(uri) ?? []).filter((hint) => !inside(hint));
      others.sort((a, b) => distance(a) - distance(b));
      shown.delete(uri);
      shown.set(uri, [...hints, ...others].slice(0, MAX_HINTS));
      for (const oldest of [...shown.keys()].slice(0, Math.max(0, shown.size - MAX_DOCUMENTS))) shown.delete(oldest);
    },
    edited(uri, edits) {
      let hints = shown.get(uri);
      if (!hints) return;
      for (const edit of edits) {
        hints = hints.flatMap((hint) => {
          const position = movedEnd(hint.position, edit);
          return position ? { ...hint, position } : [];
        });
      }
      shown.set(uri, hints);
    },
    forget(uri) {
      shown.delete(uri);
    },
  };
}

/** The hints of an answer, and where it has none on a line those that are kept. */
export function filled<H extends Placed>(answer: readonly H[], kept: readonly H[]): readonly H[] {
  const lines = new Set(answer.map(({ position: { line } }) => line));
  return [...answer, ...kept.filter(({ position: { line } }) => !lines.has(line))];
}
