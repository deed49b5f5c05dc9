/**
 * Front matter: lines to settings, entry by entry, so that a half-typed one costs no other. An entry is parsed as YAML;
 * its size and nesting are bounded first, because the parser is recursive.
 */
import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import { nearest } from '../core/errors.ts';
import { MAX_YAML_NESTING } from '../core/limits.ts';
import { classOf, ENTRY } from './front-matter-lines.ts';
import { comparePositions, type Lines, type Position, type Range } from './lines.ts';
import { SETTING_KEYS, type SettingKey, type SettingType, settingKey, typeInWords } from './setting-keys.ts';
import { span } from './source-map.ts';
import type { Problem, ProblemCode, PromptSettings, SettingEntry } from './unit.ts';

const MAX_ENTRY_LENGTH = 4096;

/** The settings on the lines [from, to), with problems added for what is none. */
export function readFrontMatter(
  lines: Lines,
  from: number,
  to: number,
  level: SettingEntry['from'],
  problems: Problem[],
): PromptSettings {
  const values = new Map<SettingKey['name'], unknown>();
  const entries: SettingEntry[] = [];
  for (let i = from; i < to; ) {
    let end = i + 1;
    const found = classOf(lines.line(i));
    if (found === 'known' || found === 'unknown') {
      while (end < to && ['more', 'blank'].includes(classOf(lines.line(end)))) end++;
      const entry = readEntry(lines, i, end, level, problems);
      entries.push(entry.entry);
      const name = entry.key?.name;
      if (name && values.has(name)) {
        problems.push(tell(entry.entry.keyRange, 'front-matter-key', `"${name}" is set twice; the last one counts.`));
      }
      if (name && entry.value !== undefined) values.set(name, entry.value);
    } else if (found !== 'blank') {
      problems.push(tell(wholeLine(lines, i), 'front-matter-syntax', syntaxMessage(lines.line(i))));
    }
    i = end;
  }
  return { ...(Object.fromEntries(values) as Partial<PromptSettings>), entries };
}

/** The settings of a prompt: its own over those of its file. */
export function overlay(file: PromptSettings, own: PromptSettings): PromptSettings {
  return { ...file, ...own, entries: [...file.entries, ...own.entries] };
}

function readEntry(lines: Lines, from: number, to: number, level: SettingEntry['from'], problems: Problem[]) {
  const first = lines.line(from);
  const [head, written] = ENTRY.exec(first)! as unknown as [string, string];
  const key = settingKey(written);
  const keyRange = span(from, 0, from, written.length);
  const texts = Array.from({ length: to - from }, (_, i) => lines.line(from + i));
  const text = texts.join('\n');
  const place = (offset: number): Position => {
    let line = 0;
    let character = Math.min(offset, text.length);
    while (character > texts[line]!.length) character -= texts[line++]!.length + 1;
    return { line: from + line, character };
  };
  const rangeOf = (node: Node): Range => ({ start: place(node.range![0]), end: place(node.range![1]) });
  const entryOf = (value: Range, items: SettingEntry['items'] = []) => ({
    key: written,
    keyRange,
    value,
    items,
    from: level,
  });
  const begin = first.slice(head.length).search(/\S/);
  const behind =
    begin < 0
      ? span(from, head.length, from, head.length)
      : span(from, head.length + begin, from, first.trimEnd().length);

  if (!key) {
    const names = nearest(
      written,
      SETTING_KEYS.map(({ name }) => name),
      3,
    );
    problems.push(
      tell(keyRange, 'front-matter-key', `"${written}" is no setting. Nearest: ${names.join(', ')}.`, 'warning'),
    );
    return { entry: entryOf(behind), key };
  }
  if (text.length > MAX_ENTRY_LENGTH || nesting(texts) > MAX_YAML_NESTING) {
    problems.push(tell(behind, 'front-matter-value', `The value of "${written}" is too long or nests too deeply.`));
    return { entry: entryOf(behind), key };
  }

  const document = parseDocument(text, { logLevel: 'silent', prettyErrors: false, strict: false });
  const root: unknown = document.contents;
  const value = isMap(root) ? (root.items[0]?.value as Node | null | undefined) : null;
  const [error] = document.errors;
  if (error) {
    const range = { start: place(error.pos[0]), end: place(error.pos[1]) };
    // What is missing at the end has no place of its own.
    const empty = comparePositions(range.start, range.end) === 0;
    problems.push(tell(empty ? behind : range, 'front-matter-syntax', `Not YAML: ${error.message}.`));
  }
  if (!value?.range || (isScalar(value) && value.value === null)) {
    const message = `"${key.name}" has no value; expected ${typeInWords(key.type)}, for instance ${key.example}.`;
    problems.push(tell(keyRange, 'front-matter-value', message, 'warning'));
    return { entry: entryOf(behind), key };
  }
  const items = (isSeq(value) ? (value.items as (Node | null)[]) : [value as Node]).flatMap((item) =>
    isScalar(item) && item.range && item.value !== null ? [{ text: scalarText(item), range: rangeOf(item) }] : [],
  );
  const entry = entryOf(rangeOf(value as Node), items);
  const result = error ? undefined : typed(value as Node, key.type);
  if (!error && result === undefined) {
    const found = lines.text(entry.value);
    const message = `"${key.name}" is ${shortened(found)}; expected ${typeInWords(key.type)}.`;
    problems.push(tell(entry.value, 'front-matter-value', message));
  }
  return { entry, key, value: result };
}

/** A value of a type, or undefined where it is of another. */
function typed(node: Node, type: SettingType): unknown {
  if (type.kind === 'strings') {
    const items = isSeq(node) ? (node.items as Node[]) : [node];
    const texts = items.map((item) => typed(item, { kind: 'string' }));
    return texts.includes(undefined) ? undefined : texts;
  }
  if (!isScalar(node) || isAlias(node)) return undefined;
  const { value } = node;
  switch (type.kind) {
    case 'string':
      return value === null || scalarText(node) === '' ? undefined : scalarText(node);
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'integer':
      return Number.isSafeInteger(value) && inBounds(value as number, type) ? value : undefined;
    case 'number':
      return typeof value === 'number' && inBounds(value, type) ? value : undefined;
  }
}

function inBounds(value: number, { least, most }: { readonly least: number; readonly most: number }): boolean {
  return value >= least && value <= most;
}

/** A name that reads like a number stays the text that was written. */
function scalarText(node: { readonly value: unknown; readonly source?: string }): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

function nesting(texts: readonly string[]): number {
  const brackets = texts.join('').match(/[[{]/g)?.length ?? 0;
  const perLine = texts.map((line) => Math.max(line.search(/[^ ]|$/), line.match(/[-?:](?=\s)/g)?.length ?? 0));
  return Math.max(brackets, ...perLine);
}

function syntaxMessage(line: string): string {
  const key = /^[\w-]+/.exec(line)?.[0] ?? '';
  const names = SETTING_KEYS.map(({ name }) => name);
  if (/^[\w-]+:\S/.test(line) && settingKey(key)) return `A space is missing behind "${key}:".`;
  return `Expected "key: value" with one of ${(key === '' ? names : nearest(key, names, 3)).join(', ')}, or "---".`;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function wholeLine(lines: Lines, i: number): Range {
  return span(i, 0, i, lines.line(i).length);
}

function tell(range: Range, code: ProblemCode, message: string, severity: Problem['severity'] = 'error'): Problem {
  return { range, severity, code, message };
}
