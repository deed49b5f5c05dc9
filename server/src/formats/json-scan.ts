/**
 * Finds what is wrong with a JSON text: the place of a syntax error, which `JSON.parse` does not always tell, and a
 * repeated key, which it silently accepts (RFC 8259 §4). Iterative, so that nesting cannot overflow the stack.
 */
import { MAX_JSON_DEPTH } from '../core/limits.ts';

/** A problem and the UTF-16 offset, 0-based, where it lies. */
export interface JsonProblem {
  readonly offset: number;
  readonly found: string;
  readonly expected: string;
}

type State = 'value' | 'value or ]' | 'key' | 'key or }' | ', or the end';

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERALS = ['true', 'false', 'null'];

/** The first problem of a JSON text, or null; nesting above MAX_JSON_DEPTH is a problem too. */
export function findJsonProblem(text: string): JsonProblem | null {
  // One entry per open bracket: the keys seen of an object, null for an array.
  const open: (Set<string> | null)[] = [];
  let state: State = 'value';
  let at = skipSpace(text, 0);
  const problem = (expected: string): JsonProblem => ({ offset: at, found: text[at] ?? 'the end', expected });

  while (true) {
    const inside = open.at(-1);
    const char = text[at];
    if (state === ', or the end') {
      if (inside === undefined) return at === text.length ? null : problem('the end');
      if (char === ',') state = inside ? 'key' : 'value';
      else if (char === (inside ? '}' : ']')) open.pop();
      else return problem(inside ? ', or }' : ', or ]');
      at++;
    } else if ((state === 'key or }' && char === '}') || (state === 'value or ]' && char === ']')) {
      open.pop();
      state = ', or the end';
      at++;
    } else if (state === 'key' || state === 'key or }') {
      const end = char === '"' ? stringEnd(text, at) : -1;
      if (end < 0) return problem(state);
      const key = JSON.parse(text.slice(at, end)) as string;
      if (inside?.has(key)) return { offset: at, found: `the key "${key}" twice`, expected: 'distinct keys' };
      inside?.add(key);
      at = skipSpace(text, end);
      if (text[at] !== ':') return problem(':');
      at++;
      state = 'value';
    } else if (char === '{' || char === '[') {
      if (open.length >= MAX_JSON_DEPTH) return problem(`at most ${MAX_JSON_DEPTH} levels`);
      open.push(char === '{' ? new Set() : null);
      state = char === '{' ? 'key or }' : 'value or ]';
      at++;
    } else {
      const end = scalarEnd(text, at);
      if (end < 0) return problem(state);
      at = end;
      state = ', or the end';
    }
    at = skipSpace(text, at);
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text[at]!)) at++;
  return at;
}

function scalarEnd(text: string, at: number): number {
  if (text[at] === '"') return stringEnd(text, at);
  for (const literal of LITERALS) if (text.startsWith(literal, at)) return at + literal.length;
  NUMBER.lastIndex = at;
  return NUMBER.test(text) ? NUMBER.lastIndex : -1;
}

/** Offset after the closing quote of the string that opens at `at`, or −1 when it is malformed. */
function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) return i + 1;
    if (code < 0x20) return -1;
    if (code !== 0x5c) continue;
    i++;
    if (text[i] === 'u' && /^[0-9a-fA-F]{4}$/.test(text.slice(i + 1, i + 5))) i += 4;
    else if (!'"\\/bfnrt'.includes(text[i] ?? '-')) return -1;
  }
  return -1;
}
