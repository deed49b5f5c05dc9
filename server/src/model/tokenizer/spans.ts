/** From the tokenizer's code point offsets to exact UTF-16 spans into the text. */
import { SondeError } from '../../core/errors.ts';

/** Half-open range of UTF-16 offsets into the text. */
export interface TokenSpan {
  readonly start: number;
  readonly end: number;
}

/** @throws invalid-text for a lone surrogate, with its UTF-16 offset; UTF-8 cannot hold one. */
export function checkWellFormed(text: string): void {
  const offset = text.search(/\p{Surrogate}/u);
  if (offset < 0) return;
  const unit = text.charCodeAt(offset).toString(16).toUpperCase();
  throw new SondeError(
    'invalid-text',
    `The text holds half a surrogate pair (U+${unit}) at UTF-16 offset ${offset}; remove it or complete the pair.`,
    { offset, found: `U+${unit}`, expected: 'well-formed Unicode' },
  );
}

/**
 * Spans of tokens, one per token, monotone in start and in end.
 * Three corrections to the tokenizer's own offsets:
 * 1. Code points become UTF-16 units.
 * 2. A space that the tokenizer put before the text stands on no character: its span is empty.
 * 3. Characters that normalization folded into the one before them (a combining accent under NFC) or removed belong
 *    to the token before. White space that a pre-tokenizer drops stays outside every span.
 * Tokens that are parts of one character all carry that character's span.
 * @param offsets code point ranges, as the tokenizer gives them.
 * @param isSpace whether a token's own text is one space.
 */
export function exactSpans(
  text: string,
  offsets: readonly (readonly number[])[],
  isSpace: (index: number) => boolean,
): TokenSpan[] {
  const units = utf16Offsets(text);
  const spans = offsets.map(([start, end]) => ({ start: units(start!), end: units(end!) }));
  for (const [i, span] of spans.entries()) {
    if (!isSpace(i) || span.end === span.start) continue;
    const elsewhere = !/^[\s▁]$/u.test(text.slice(span.start, span.end));
    if (elsewhere || spans[i + 1]?.start === span.start) span.end = span.start;
  }
  closeGaps(text, spans);
  return spans;
}

/** Whether each token shares characters with a neighbour: several tokens make up one character there. */
export function partialTokens(spans: readonly TokenSpan[]): boolean[] {
  const overlaps = (a: TokenSpan | undefined, b: TokenSpan | undefined): boolean =>
    a !== undefined && b !== undefined && a.end > b.start && a.end > a.start && b.end > b.start;
  return spans.map((span, i) => overlaps(spans[i - 1], span) || overlaps(span, spans[i + 1]));
}

function closeGaps(text: string, spans: { start: number; end: number }[]): void {
  let reach = 0;
  for (const [i, span] of spans.entries()) {
    // Canonical reordering of accents can set an offset back; a span never begins before the one before it.
    span.start = Math.max(span.start, spans[i - 1]?.start ?? 0);
    span.end = Math.max(span.end, span.start, spans[i - 1]?.end ?? 0);
    if (span.start > reach) extend(text, spans, i, reach, span.start);
    reach = span.end;
  }
  if (text.length > reach) extend(text, spans, spans.length, reach, text.length);
}

/** Gives text[from, to) to the tokens before `index` that end at `from`, or to the first token when none is before. */
function extend(text: string, spans: { start: number; end: number }[], index: number, from: number, to: number): void {
  const gap = text.slice(from, to);
  const kept = gap.length - gap.trimStart().length === 0 ? gap.trimEnd().length : 0;
  if (kept === 0) return;
  const last = spans[index - 1];
  if (last === undefined) {
    const first = spans[index];
    if (first) first.start = from;
    return;
  }
  const { start } = last;
  for (let i = index - 1; i >= 0 && spans[i]!.end === from && spans[i]!.start === start; i--) {
    spans[i]!.end = from + kept;
  }
}

/** Function from code point index to UTF-16 offset. */
function utf16Offsets(text: string): (codePoint: number) => number {
  if (!/[\uD800-\uDBFF]/.test(text)) return (index) => index;
  const offsets: number[] = [];
  let at = 0;
  for (const char of text) {
    offsets.push(at);
    at += char.length;
  }
  return (index) => offsets[index] ?? text.length;
}
