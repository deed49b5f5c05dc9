/** Token boundaries, and the strength of the first pinned feature, for editors that have no decorations. */
import { mapBounded } from '../core/bounded.ts';
import type { Range } from '../prompt/lines.ts';
import { featureOver } from './activations.ts';
import { MAX_UNITS } from './hints.ts';
import { dictionaryOf } from './naming.ts';
import { type Session, view } from './session.ts';
import { firstUnits } from './units.ts';

/** One token's part of one line. */
export interface SemanticToken {
  readonly line: number;
  readonly start: number;
  readonly length: number;
  /** Even and odd tokens alternate, so that neighbours are told apart. */
  readonly odd: boolean;
  /** 0 silent … STRENGTHS strongest. */
  readonly strength: number;
}

/** Steps of strength above silence. */
export const STRENGTHS = 4;

/** Tokens of a range of lines, in order; none where nothing is pinned and boundaries are not wanted. */
export async function semanticTokensOf(
  session: Session,
  uri: string,
  range: Range,
  signal?: AbortSignal,
): Promise<readonly SemanticToken[]> {
  const document = session.documents.get(uri);
  if (!document) return [];
  const [from, to] = [range.start.line, Math.min(range.end.line, document.lines.count - 1)];
  const { units } = firstUnits(document, range, MAX_UNITS);
  const [pin] = session.knowledge.pins();
  const perUnit = await mapBounded(units, 16, async (unit) => {
    const over = pin ? await featureOver(session, document, unit, pin, 'interactive', signal) : null;
    const unitView = over?.view ?? (await view(session, document, unit, { lane: 'interactive' }, signal));
    const max = pin
      ? (dictionaryOf(session, unitView.trace.model.name, pin.dictionary).known.maxima[pin.index] ?? 0)
      : 0;
    return unitView.tokens.flatMap(({ range: written, special }, i) => {
      if (written === null) return [];
      const share = over && !special && max > 0 ? Math.max(0, over.activations[i]!) / max : 0;
      const strength = share === 0 ? 0 : Math.min(STRENGTHS, Math.ceil(share * STRENGTHS));
      return pieces(written, (line) => document.lines.line(line).length).map((piece) => ({
        ...piece,
        odd: i % 2 === 1,
        strength,
      }));
    });
  });
  const all = perUnit.flat().filter(({ line }) => line >= from && line <= to);
  all.sort((a, b) => a.line - b.line || a.start - b.start);
  // Tokens that split one character share its range; a place can be told once.
  return all.filter((token, i) => i === 0 || after(all[i - 1]!, token));
}

function after(previous: SemanticToken, { line, start }: SemanticToken): boolean {
  return line > previous.line || start >= previous.start + previous.length;
}

/** A range line by line: semantic tokens may not span breaks. */
function pieces({ start, end }: Range, lengthOf: (line: number) => number) {
  const found: { line: number; start: number; length: number }[] = [];
  for (let line = start.line; line <= end.line; line++) {
    const first = line === start.line ? start.character : 0;
    const last = line === end.line ? end.character : lengthOf(line);
    if (last > first) found.push({ line, start: first, length: last - first });
  }
  return found;
}
