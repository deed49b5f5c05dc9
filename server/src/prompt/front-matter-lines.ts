/** How front matter is told from text, line by line. */
import type { Lines } from './lines.ts';
import { beginsSetting, settingKey } from './setting-keys.ts';

/** `known` and `unknown` open an entry, `word` is a key being typed, `more` goes on with an entry. */
export type LineClass = 'blank' | 'known' | 'unknown' | 'word' | 'more' | 'text';

/** Lines of front matter that are looked for; a longer block is text. */
export const MAX_FRONT_MATTER_LINES = 64;

/** A key with its colon, at the start of a line. */
export const ENTRY = /^([A-Za-z][\w-]*)[ \t]*:(?=\s|$)/;

/** Headings open turns and pairs, so they are no keys. */
const HEADING = /^(?:system|user|assistant|clean|corrupt)[ \t]*:/;

export function classOf(line: string): LineClass {
  if (line.trim() === '' || line.startsWith('#')) return 'blank';
  if (HEADING.test(line)) return 'text';
  const key = ENTRY.exec(line)?.[1];
  if (key !== undefined) return settingKey(key) ? 'known' : 'unknown';
  if (/^(?:\s|-(?:\s|$)|[\]},])/.test(line)) return 'more';
  return /^[\w-]+$/.test(line) && beginsSetting(line) ? 'word' : 'text';
}

/** Whether the lines [from, to) that a `---` on line 1 opens are front matter: most of them look like it, or all are blank. */
export function isFileFrontMatter(lines: Lines, from: number, to: number): boolean {
  const counts = countClasses(lines, from, to);
  return counts !== null && counts.text <= counts.known + counts.unknown + counts.word;
}

/** Whether the lines [from, to) between two separators are front matter: known keys first, none of them text. */
export function isPromptFrontMatter(lines: Lines, from: number, to: number): boolean {
  const counts = countClasses(lines, from, to);
  return counts !== null && counts.text === 0 && counts.known > 0 && counts.known >= counts.unknown + counts.word;
}

/** First line in [from, to) that is certainly no front matter: where front matter ends that nothing closes. */
export function endOfSettings(lines: Lines, from: number, to: number): number {
  let end = from;
  for (let i = from, open = false; i < Math.min(to, from + MAX_FRONT_MATTER_LINES); i++) {
    const found = classOf(lines.line(i));
    if (found === 'known') open = true;
    else if (found !== 'blank' && !(found === 'more' && open)) break;
    if (found !== 'blank') end = i + 1;
  }
  return end;
}

function countClasses(lines: Lines, from: number, to: number): Record<LineClass, number> | null {
  if (to - from > MAX_FRONT_MATTER_LINES) return null;
  const counts = { blank: 0, known: 0, unknown: 0, word: 0, more: 0, text: 0 };
  for (let i = from; i < to; i++) {
    const found = classOf(lines.line(i));
    // What goes on without an entry before it is text.
    counts[found === 'more' && counts.known + counts.unknown === 0 ? 'text' : found]++;
  }
  return counts;
}
