/**
 * One line of JSON as a tree with offsets, and the text of its strings with the place of every character.
 * Python's NaN and Infinity are read, since its writers put them in; nothing else is beyond RFC 8259.
 */
import { MAX_JSON_DEPTH } from '../core/limits.ts';
import { span, type TextBuilder } from './source-map.ts';

/** Offsets are UTF-16 units of the line; those of strings include the quotes. */
export type JsonNode =
  | { readonly kind: 'object'; readonly start: number; readonly end: number; readonly members: readonly JsonMember[] }
  | { readonly kind: 'array'; readonly start: number; readonly end: number; readonly items: readonly JsonNode[] }
  | { readonly kind: 'string'; readonly start: number; readonly end: number }
  | { readonly kind: 'scalar'; readonly start: number; readonly end: number };

export interface JsonMember {
  readonly key: string;
  readonly start: number;
  readonly value: JsonNode;
}

/** Where a text stops being JSON. */
export interface JsonError {
  readonly offset: number;
  readonly found: string;
  readonly expected: string;
}

/** Reads a line from an offset on. */
export function parseJsonLine(line: string, from: number): JsonNode | JsonError {
  const problem = (at: number, expected: string): JsonError => {
    const found = at >= line.length ? 'the end of the line' : `"${String.fromCodePoint(line.codePointAt(at)!)}"`;
    return { offset: Math.min(at, line.length), found, expected };
  };

  const value = (at: number, depth: number): JsonNode | JsonError => {
    const char = line[at];
    if (char === '"') return string(at);
    if (char === '{' || char === '[') {
      if (depth >= MAX_JSON_DEPTH) return problem(at, `at most ${MAX_JSON_DEPTH} levels`);
      return char === '{' ? object(at, depth) : array(at, depth);
    }
    SCALAR.lastIndex = at;
    if (!SCALAR.test(line)) return problem(at, 'a value');
    return { kind: 'scalar', start: at, end: SCALAR.lastIndex };
  };

  const string = (start: number): JsonNode | JsonError => {
    let at = start + 1;
    for (;;) {
      STRING_PART.lastIndex = at;
      STRING_PART.test(line);
      at = STRING_PART.lastIndex;
      if (line[at] === '"') return { kind: 'string', start, end: at + 1 };
      if (line[at] !== '\\') return problem(at, 'the closing quote');
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(line))
        return problem(at, 'an escape: \\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hex digits');
      at = ESCAPE.lastIndex;
    }
  };

  const array = (start: number, depth: number): JsonNode | JsonError => {
    const items: JsonNode[] = [];
    let at = skipSpace(line, start + 1);
    if (line[at] === ']') return { kind: 'array', start, end: at + 1, items };
    for (;;) {
      const item = value(at, depth + 1);
      if ('offset' in item) return item;
      items.push(item);
      at = skipSpace(line, item.end);
      if (line[at] === ']') return { kind: 'array', start, end: at + 1, items };
      if (line[at] !== ',') return problem(at, '"," or "]"');
      at = skipSpace(line, at + 1);
    }
  };

  const object = (start: number, depth: number): JsonNode | JsonError => {
    const members: JsonMember[] = [];
    let at = skipSpace(line, start + 1);
    if (line[at] === '}') return { kind: 'object', start, end: at + 1, members };
    for (;;) {
      if (line[at] !== '"') return problem(at, 'a key in double quotes');
      const key = string(at);
      if ('offset' in key) return key;
      const colon = skipSpace(line, key.end);
      if (line[colon] !== ':') return problem(colon, '":"');
      const child = value(skipSpace(line, colon + 1), depth + 1);
      if ('offset' in child) return child;
      members.push({ key: JSON.parse(line.slice(key.start, key.end)) as string, start: key.start, value: child });
      at = skipSpace(line, child.end);
      if (line[at] === '}') return { kind: 'object', start, end: at + 1, members };
      if (line[at] !== ',') return problem(at, '"," or "}"');
      at = skipSpace(line, at + 1);
    }
  };

  const root = value(skipSpace(line, from), 0);
  if ('offset' in root) return root;
  const end = skipSpace(line, root.end);
  return end < line.length ? problem(end, 'the end of the row') : root;
}

/** Adds the text of a string that `parseJsonLine` found, with the place of every escape. */
export function addString(builder: TextBuilder, line: string, node: JsonNode, lineNumber: number): void {
  const end = node.end - 1;
  let at = node.start + 1;
  while (at < end && !builder.isFull()) {
    const backslash = line.indexOf('\\', at);
    const stop = backslash < 0 || backslash > end ? end : backslash;
    builder.literal(line.slice(at, stop), lineNumber, at);
    at = stop;
    if (at === end) return;
    // Two escapes that make up one character are one piece.
    SURROGATE_PAIR.lastIndex = at;
    const size = SURROGATE_PAIR.test(line) ? 12 : line[at + 1] === 'u' ? 6 : 2;
    const text = JSON.parse(`"${line.slice(at, at + size)}"`) as string;
    builder.escape(text, span(lineNumber, at, lineNumber, at + size));
    at += size;
  }
}

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity/y;
// Control characters end a string: RFC 8259 wants them escaped.
const STRING_PART = /[ !#-[\]-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SURROGATE_PAIR = /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}/y;

function skipSpace(line: string, from: number): number {
  let at = from;
  while (at < line.length && ' \t\r\n'.includes(line[at]!)) at++;
  return at;
}
