/** What of front matter may be written at a place: for completion and hover, in half-typed front matter too. */
import { classOf, ENTRY } from './front-matter-lines.ts';
import type { Lines, Position, Range } from './lines.ts';
import { headOf, type Segment, segmentsAt } from './segments.ts';
import { type SettingKey, settingKey } from './setting-keys.ts';
import { span } from './source-map.ts';

export interface SettingPlace {
  readonly part: 'key' | 'value';
  /** The key that is written there, or whose value is; null for none and unknown ones. */
  readonly key: SettingKey | null;
  /** The word around the place, which a completion replaces. */
  readonly range: Range;
  /** Keys that the block sets on other lines. */
  readonly used: readonly SettingKey['name'][];
}

/** The place of a setting in a `.prompt` file, or null where no front matter is or can begin. */
export function settingPlaceAt(lines: Lines, { line, character }: Position): SettingPlace | null {
  const block = blockAt(lines, line);
  if (!block) return null;
  const text = lines.line(line);
  const entry = ENTRY.exec(text);
  const used: SettingKey['name'][] = [];
  for (let i = block.from; i < block.to; i++) {
    const key = i === line ? null : keyOn(lines, i);
    if (key) used.push(key.name);
  }
  if (entry ? character >= entry[0].length : classOf(text) === 'more') {
    let above = line;
    while (above > block.from && !ENTRY.test(lines.line(above))) above--;
    const key = keyOn(lines, above);
    return { part: 'value', key, range: wordAt(text, line, character, entry?.[0].length ?? 0), used };
  }
  const word = /^[\w-]*/.exec(text)![0];
  return { part: 'key', key: settingKey(word), range: span(line, 0, line, word.length), used };
}

/** The lines of front matter that a line belongs to or, where nothing but settings lies before it, may come to. */
function blockAt(lines: Lines, line: number): { from: number; to: number } | null {
  const head = headOf(lines);
  const { settings } = head;
  if (settings && line >= settings.from && line < settings.to) return settings;
  const opened = head.problem !== 'none' && line > 0;
  const segment = segmentsAt(lines, head, line, line).find(({ from, to }) => from <= line && line < to);
  if (segment?.kind === 'own') return segment;
  const from = opened && isFirstText(segment, head.body) ? 1 : segment?.mayBeSettings ? segment.from : null;
  if (from === null) return null;
  for (let i = from; i <= line; i++) if (classOf(lines.line(i)) === 'text') return null;
  return { from, to: line + 1 };
}

function isFirstText(segment: Segment | undefined, body: number): boolean {
  return segment === undefined || segment.from === body;
}

function keyOn(lines: Lines, line: number): SettingKey | null {
  return settingKey(ENTRY.exec(lines.line(line))?.[1] ?? '');
}

function wordAt(text: string, line: number, character: number, least: number): Range {
  const outside = /[\s,[\]"']/;
  let start = Math.min(character, text.length);
  let end = start;
  while (start > least && !outside.test(text[start - 1]!)) start--;
  while (end < text.length && !outside.test(text[end]!)) end++;
  return span(line, start, line, end);
}
