/** Stretches of a prompt's lines: what headings cut them into, and the text that a model reads of them. */
import type { Lines, Position } from './lines.ts';
import { type MappedText, span, textBuilder } from './source-map.ts';

/** From a place to the end of a line; empty where the last line lies before the first. */
export interface Stretch {
  readonly start: Position;
  /** Last line, inclusive. */
  readonly lastLine: number;
}

/** What a heading opens, or what stands before the first one (name null). */
export interface Section<Name extends string> {
  readonly name: Name | null;
  /** Line of the heading, or the first line. */
  readonly line: number;
  /** Without blank lines around it. */
  readonly body: Stretch;
}

export function isBlank(lines: Lines, { start, lastLine }: Stretch): boolean {
  for (let i = start.line; i <= lastLine; i++) {
    if (
      lines
        .line(i)
        .slice(i === start.line ? start.character : 0)
        .trim() !== ''
    )
      return false;
  }
  return true;
}

/** Cuts a stretch at lines that begin with one of the names and a colon; text may follow on the heading's line. */
export function sectionsOf<Name extends string>(
  lines: Lines,
  stretch: Stretch,
  names: readonly Name[],
): Section<Name>[] {
  const sections: { name: Name | null; line: number; start: Position; lastLine: number }[] = [];
  const heading = headingOf(names);
  for (let i = stretch.start.line; i <= stretch.lastLine; i++) {
    const from = i === stretch.start.line ? stretch.start.character : 0;
    const line = lines.line(i).slice(from);
    const match = heading.exec(line);
    if (match) {
      const start =
        match[0].length === line.length
          ? { line: i + 1, character: 0 }
          : { line: i, character: from + match[0].length };
      sections.push({ name: match[1] as Name, line: i, start, lastLine: i });
    } else if (sections.length === 0) {
      sections.push({ name: null, line: i, start: { line: i, character: from }, lastLine: i });
    }
    sections.at(-1)!.lastLine = i;
  }
  return sections.map(({ name, line, start, lastLine }) => ({
    name,
    line,
    body: withoutBlankLines(lines, { start, lastLine }),
  }));
}

/** Whether the first line that is not blank opens one of the sections. */
export function beginsWithHeading(lines: Lines, { start, lastLine }: Stretch, names: readonly string[]): boolean {
  for (let i = start.line; i <= lastLine; i++) {
    const line = lines.line(i).slice(i === start.line ? start.character : 0);
    if (line.trim() !== '') return headingOf(names).test(line);
  }
  return false;
}

/**
 * The text of a stretch. Line breaks are read as `\n`; a backslash before a separator, or before a heading that would
 * count here, is not read.
 */
export function readStretch(lines: Lines, { start, lastLine }: Stretch, names: readonly string[]): MappedText {
  const builder = textBuilder();
  const escaped = new RegExp(`^\\\\+(?:---$${names.length > 0 ? `|(?:${names.join('|')})[ \\t]*:` : ''})`);
  for (let i = start.line; i <= lastLine && !builder.isFull(); i++) {
    const line = lines.line(i);
    let from = i === start.line ? start.character : 0;
    if (from === 0 && escaped.test(line)) {
      builder.escape(line[1]!, span(i, 0, i, 2));
      from = 2;
    }
    builder.literal(line.slice(from), i, from);
    if (i < lastLine) builder.escape('\n', span(i, line.length, i + 1, 0));
  }
  return builder.build(start);
}

/** A heading with its colon; spaces behind it belong to it. */
function headingOf(names: readonly string[]): RegExp {
  return new RegExp(`^(${names.join('|')})[ \\t]*:(?:[ \\t]+|$)`);
}

function withoutBlankLines(lines: Lines, { start, lastLine }: Stretch): Stretch {
  let first = start;
  let last = lastLine;
  while (first.line <= last && lines.line(first.line).slice(first.character).trim() === '') {
    first = { line: first.line + 1, character: 0 };
  }
  while (
    last >= first.line &&
    lines
      .line(last)
      .slice(last === first.line ? first.character : 0)
      .trim() === ''
  )
    last--;
  // The place of an empty section is where its text would begin.
  return first.line > last ? { start, lastLine: start.line - 1 } : { start: first, lastLine: last };
}
