/**
 * The segments of a `.prompt` file between lines that are exactly `---`: front matter of the file, front matter of a
 * prompt, and texts. Front matter is never followed by front matter; a segment behind a text is front matter if all its
 * lines look like it and `---` closes it. So a segment is told from its predecessors up to the last text.
 */
import { endOfSettings, isFileFrontMatter, isPromptFrontMatter, MAX_FRONT_MATTER_LINES } from './front-matter-lines.ts';
import type { Lines } from './lines.ts';

/** Lines [from, to) without the separators around them. */
export interface Segment {
  readonly kind: 'file' | 'own' | 'text';
  readonly from: number;
  readonly to: number;
  /** Whether a separator follows. */
  readonly closed: boolean;
  /** Whether front matter of a prompt may stand here: behind a separator, and not behind front matter. */
  readonly mayBeSettings: boolean;
}

/** The file's front matter, if any, and the first line of the first text. */
export interface Head {
  readonly settings: Segment | null;
  readonly body: number;
  /** What is wrong with front matter that line 1 opens. */
  readonly problem: 'none' | 'not closed' | 'not settings';
}

export function isSeparator(lines: Lines, i: number): boolean {
  const line = lines.line(i);
  return line === '---' || (i === 0 && line === '\ufeff---');
}

export function headOf(lines: Lines): Head {
  if (!isSeparator(lines, 0)) return { settings: null, body: 0, problem: 'none' };
  const limit = Math.min(lines.count, 2 + MAX_FRONT_MATTER_LINES);
  let close = 1;
  while (close < limit && !isSeparator(lines, close)) close++;
  if (close < limit) {
    if (!isFileFrontMatter(lines, 1, close)) return { settings: null, body: 1, problem: 'not settings' };
    return {
      settings: { kind: 'file', from: 1, to: close, closed: true, mayBeSettings: true },
      body: close + 1,
      problem: 'none',
    };
  }
  const end = endOfSettings(lines, 1, lines.count);
  const settings: Segment | null =
    end > 1 ? { kind: 'file', from: 1, to: end, closed: false, mayBeSettings: true } : null;
  return { settings, body: end, problem: 'not closed' };
}

/** All segments of a file in order: what folds in an editor. */
export function outlineOf(lines: Lines): Segment[] {
  const head = headOf(lines);
  return [...(head.settings ? [head.settings] : []), ...segmentsAt(lines, head, head.body, lines.count - 1)];
}

/** The segments behind the head that touch [from, to], and front matter before them that counts for them. */
export function segmentsAt(lines: Lines, { body }: Head, from: number, to: number): Segment[] {
  const segments: Segment[] = [];
  let { start, afterText } = sureStart(lines, body, from);
  while (start < lines.count && (start <= to || segments.at(-1)?.kind === 'own')) {
    let end = start;
    while (end < lines.count && !isSeparator(lines, end)) end++;
    const closed = end < lines.count;
    const own = afterText && closed && isPromptFrontMatter(lines, start, end);
    segments.push({ kind: own ? 'own' : 'text', from: start, to: end, closed, mayBeSettings: afterText });
    afterText = !own;
    start = end + 1;
  }
  return segments;
}

/** The start of a segment at or before a line of which it is certain whether a text lies before it. */
function sureStart(lines: Lines, body: number, line: number): { start: number; afterText: boolean } {
  let start = startOfSegment(lines, body, Math.min(line, lines.count - 1), Number.POSITIVE_INFINITY);
  while (start > body) {
    const end = start - 1;
    const before = startOfSegment(lines, body, end, MAX_FRONT_MATTER_LINES);
    if (!isPromptFrontMatter(lines, before, end)) return { start, afterText: true };
    start = before;
  }
  return { start: Math.max(start, body), afterText: false };
}

/** First line of the segment that a line lies in or, for a separator, that ends there; looks at most `most` lines back. */
function startOfSegment(lines: Lines, body: number, line: number, most: number): number {
  let start = line;
  while (start > body && line - start <= most && !isSeparator(lines, start - 1)) start--;
  return start;
}
