/**
 * A chat as the model reads it: the text that a template makes of the turns, with the written text of every turn found
 * in it again. What the template adds is written nowhere. The template itself is given as a function.
 */
import type { Position, Range } from './lines.ts';
import { loneSurrogate } from './source-map.ts';
import type { Problem, Turn, Unit } from './unit.ts';

/** A turn as chat templates take it. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** A unit whose text is rendered; `problems` names turns that the template dropped or changed. */
export interface RenderedChat extends Unit {
  readonly problems: readonly Problem[];
}

/** A stretch of the rendered text that is the turn's text from `offset` on. */
interface Placed {
  readonly at: number;
  readonly length: number;
  readonly turn: Turn;
  readonly offset: number;
}

/**
 * Renders a unit's turns; one without turns stays as it is. An empty last turn of the assistant is what the model is to
 * write, and no message. Errors of `render` pass through.
 */
export function renderChat(unit: Unit, render: (messages: readonly ChatMessage[]) => string): RenderedChat {
  if (!unit.turns) return { ...unit, problems: [] };
  const last = unit.turns.at(-1);
  const turns = last?.role === 'assistant' && last.text.trim() === '' ? unit.turns.slice(0, -1) : unit.turns;
  const text = render(turns.map(({ role, text: content }) => ({ role, content })));
  const { placed, lost } = place(text, turns, gaps(turns, render));
  return {
    ...unit,
    text,
    readable: unit.readable && loneSurrogate(text) < 0,
    locate: (start, end) => locate(placed, start, end),
    offsetAt: (position) => offsetAt(placed, position),
    problems: lost.map((turn) => ({
      range: turn.range,
      severity: 'warning',
      code: 'chat-text-not-found',
      message: 'The chat template drops or changes this turn, so nothing can be shown on it.',
    })),
  };
}

/**
 * What the template writes before each turn, from a rendering of marks in place of the texts; empty where the template
 * refuses or drops them. Without it a turn whose text is "user" would be found in the template's own words.
 */
function gaps(turns: readonly Turn[], render: (messages: readonly ChatMessage[]) => string): string[] {
  // Private-use characters appear in no template, and trimming leaves them alone.
  const marks = turns.map((_, i) => `\ue000${i}\ue001`);
  let marked: string;
  try {
    marked = render(turns.map(({ role }, i) => ({ role, content: marks[i]! })));
  } catch {
    // A template may check contents; the search in order is left.
    return [];
  }
  const found: string[] = [];
  let cursor = 0;
  for (const mark of marks) {
    const at = marked.indexOf(mark, cursor);
    if (at < 0) return found;
    found.push(marked.slice(cursor, at));
    cursor = at + mark.length;
  }
  return found;
}

/** Finds the texts in order, each as it is or trimmed: behind the known gap, else wherever it comes next. */
function place(text: string, turns: readonly Turn[], before: readonly string[]): { placed: Placed[]; lost: Turn[] } {
  const placed: Placed[] = [];
  const lost: Turn[] = [];
  let cursor = 0;
  turns.forEach((turn, i) => {
    const trimmed = turn.text.trim();
    if (trimmed === '') return;
    const offset = turn.text.indexOf(trimmed);
    const gap = before[i];
    const expected = gap !== undefined && text.startsWith(gap, cursor) ? cursor + gap.length : -1;
    const whole = { at: expected, length: turn.text.length, turn, offset: 0 };
    const core = { at: expected, length: trimmed.length, turn, offset };
    const inOrder = text.indexOf(trimmed, cursor);
    const found =
      expected >= 0 && text.startsWith(turn.text, expected)
        ? whole
        : expected >= 0 && text.startsWith(trimmed, expected)
          ? core
          : { ...core, at: inOrder };
    if (found.at < 0) {
      lost.push(turn);
      return;
    }
    placed.push(found);
    cursor = found.at + found.length;
  });
  return { placed, lost };
}

function locate(placed: readonly Placed[], start: number, end: number): Range | null {
  if (start > end) return null;
  const touched = placed.filter(({ at, length }) =>
    start === end ? at <= start && start <= at + length : at < end && start < at + length,
  );
  const ranges = touched.flatMap(({ at, length, turn, offset }) => {
    const from = Math.max(start - at, 0) + offset;
    return turn.locate(from, Math.min(end - at, length) + offset) ?? [];
  });
  const first = ranges[0];
  return first ? { start: first.start, end: ranges.at(-1)!.end } : null;
}

function offsetAt(placed: readonly Placed[], position: Position): number | null {
  for (const { at, length, turn, offset } of placed) {
    const inTurn = turn.offsetAt(position);
    if (inTurn !== null && inTurn >= offset && inTurn <= offset + length) return at + inTurn - offset;
  }
  return null;
}
