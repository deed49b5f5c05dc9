/** Documents of the benchmark: prose that no two documents share, from a seed. */
import { CALIBRATION_TEXTS } from '../../../server/dist/dictionary/calibration-text.js';
import { randomIds } from '../random-weights.js';

const WORDS = CALIBRATION_TEXTS.flatMap((text) => text.match(/[A-Za-z]{2,12}/g) ?? []);

/** An endless row of sentences of `words` words. */
function sentences(seed: number, words: number): () => string {
  const draws = randomIds(seed, 4096, WORDS.length);
  let at = 0;
  return () => {
    const chosen = Array.from(
      { length: words },
      () => WORDS[(draws[at % 4096]! + 31 * Math.floor(at++ / 4096)) % WORDS.length]!,
    );
    return `${chosen.join(' ')}.`;
  };
}

/** Forty lines: eight prompts of four lines, with separators between them. */
export function promptFile(seed: number): string {
  const sentence = sentences(seed, 7);
  const prompts = Array.from({ length: 8 }, () => [sentence(), sentence(), sentence(), sentence()].join('\n'));
  return `${prompts.join('\n---\n')}\n`;
}

/** The line that is typed into: the second of the fifth prompt. */
export const TYPED_LINE = 21;

/** What is typed, a character a keystroke. */
export const TYPED = ' and the ferry came back with the morning mail on it,';

/** Rows of JSON with an id, a text and a label. */
export function jsonLines(seed: number, rows: number, words = 8): string {
  const sentence = sentences(seed, words);
  return Array.from({ length: rows }, (_, id) => `${JSON.stringify({ id, text: sentence(), label: id % 7 })}\n`).join(
    '',
  );
}

/** A table of about as many units, every tenth cell with a line break. */
export function table(seed: number, units: number): string {
  const sentence = sentences(seed, 12);
  const rows = ['id,text,label'];
  for (let length = 0, id = 0; length < units; id++) {
    const row = `${id},"${sentence()}${id % 10 === 0 ? '\n' : ' '}""${sentence()}""",${id % 7}`;
    rows.push(row);
    length += row.length + 1;
  }
  return `${rows.join('\n')}\n`;
}
