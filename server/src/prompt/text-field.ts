/** Which field of a dataset holds its texts, where nobody says. */
import type { Block, Lines } from './lines.ts';

/** Names of text fields in datasets that people share, likeliest first. */
const NAMES = [
  'text',
  'prompt',
  'messages',
  'content',
  'question',
  'instruction',
  'input',
  'sentence',
  'document',
  'passage',
  'article',
  'story',
  'body',
  'query',
  'completion',
  'response',
  'answer',
  'output',
];

/** A field of a row and the length of its text, UTF-16 units. */
export interface FieldSample {
  readonly name: string;
  readonly length: number;
}

/** Rows that a guess looks at, and UTF-16 units of them. */
export const GUESS_ROWS = 50;
export const GUESS_LENGTH = 2 ** 20;

/** The likeliest name that at least half of the rows have, whatever its case; else the longest field of the first row. */
export function guessField(rows: readonly (readonly FieldSample[])[]): string | null {
  for (const wanted of NAMES) {
    const names = rows.flatMap((row) => row.find(({ name }) => name.toLowerCase() === wanted)?.name ?? []);
    if (names.length > 0 && names.length * 2 >= rows.length) return names[0]!;
  }
  const first = rows.find((row) => row.length > 0) ?? [];
  return (
    first.reduce<FieldSample | null>((best, field) => (best && best.length >= field.length ? best : field), null)
      ?.name ?? null
  );
}

/** What was learned from the first lines of a document, and the last line that was looked at. */
export interface Guess<T> {
  readonly value: T;
  readonly lastLine: number;
}

/** Makes a guess once per document; it stays while the blocks of lines that it looked at stay. */
export function rememberedGuess<T>(make: (lines: Lines) => Guess<T>): (lines: Lines) => T {
  let seen: readonly Block[] = [];
  let guess: Guess<T> | null = null;
  return (lines) => {
    if (guess && seen.every((block, i) => block === lines.blocks[i])) return guess.value;
    guess = make(lines);
    seen = lines.blocks.slice(0, lines.blockAt(guess.lastLine).index + 1);
    return guess.value;
  };
}
