/**
 * The hints that a document shows, moved through its edits, so that a line never goes bare while its trace is under way.
 * Invariant: a hint inside replaced text is gone, every other stands where its token went.
 */
import { comparePositions, type Position } from '../prompt/lines.ts';
import { type Edit, movePosition } from './documents.ts';
import type { FeatureAt } from './features-at.ts';

/** Features behind one token. */
export interface TokenHint {
  /** The token's end. */
  readonly position: Position;
  readonly text: string;
  readonly model: string;
  /** Strongest first, at least one. */
  readonly features: readonly FeatureAt[];
}

export interface HintMemory {
  /** Hints on lines [from, to], as last shown. */
  on(uri: string, from: number, to: number): readonly TokenHint[];
  /** Replaces the hints on lines [from, to]. */
  show(uri: string, from: number, to: number, hints: readonly TokenHint[]): void;
  edited(uri: string, edits: readonly Edit[]): void;
  forget(uri: string): void;
}

/** Hints kept of one document; those farthest from what was last shown go first. */
const MAX_HINTS = 5000;

export function createHintMemory(): HintMemory {
  const shown = new Map<string, readonly TokenHint[]>();
  const within =
    (from: number, to: number) =>
    ({ position: { line } }: TokenHint) =>
      line >= from && line <= to;
  return {
    on: (uri, from, to) => (shown.get(uri) ?? []).filter(within(from, to)),
    show(uri, from, to, hints) {
      const inside = within(from, to);
      const others = (shown.get(uri) ?? []).filter((hint) => !inside(hint));
      const distance = ({ position: { line } }: TokenHint): number => Math.max(from - line, line - to);
      others.sort((a, b) => distance(a) - distance(b));
      shown.set(uri, [...hints, ...others.slice(0, Math.max(0, MAX_HINTS - hints.length))]);
    },
    edited(uri, edits) {
      let hints = shown.get(uri);
      if (!hints) return;
      for (const { range, text } of edits) {
        if (!range) hints = [];
        else {
          hints = hints.flatMap((hint) => {
            const { position } = hint;
            if (comparePositions(position, range.start) <= 0) return hint;
            // The end of a token that was typed behind stays; one inside what was replaced has lost its token.
            if (comparePositions(position, range.end) < 0) return [];
            return { ...hint, position: movePosition(position, range, text) };
          });
        }
      }
      shown.set(uri, hints);
    },
    forget(uri) {
      shown.delete(uri);
    },
  };
}
