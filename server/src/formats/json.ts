/** Text to checked structures: syntax errors and wrong shapes become one typed error that names the place. */
import type { z } from 'zod';
import { corrupt, describe } from './corrupt.ts';
import { findJsonProblem } from './json-scan.ts';

/**
 * Parses a JSON text.
 * @throws corrupt-file with the line and column, 1-based, of the first error.
 */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const problem = findJsonProblem(text) ?? { offset: 0, found: 'text', expected: 'JSON' };
    corrupt(path, `not valid JSON at ${position(text, problem.offset)}`, problem.found, problem.expected, cause);
  }
}

/**
 * Checks a parsed value against a schema and returns what the schema makes of it.
 * @throws corrupt-file naming the first field that does not fit, what it holds and what it should hold.
 */
export function parseShape<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const found = issue.path.reduce<unknown>(member, value);
  const field = issue.path.length === 0 ? 'the whole file' : `field "${issue.path.map(String).join('.')}"`;
  corrupt(path, `${field} has a wrong value`, quoted(found), expectation(issue), result.error);
}

/** Parses a JSON text and checks its shape. @throws corrupt-file */
export function parseJsonShape<T>(schema: z.ZodType<T>, text: string, path: string): T {
  return parseShape(schema, parseJson(text, path), path);
}

/** "line 3, column 14" of a UTF-16 offset, both 1-based. */
function position(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `line ${before.split('\n').length}, column ${offset - before.lastIndexOf('\n')}`;
}

/** Quotes texts, so that "768" is told from 768. */
function quoted(value: unknown): string {
  return typeof value === 'string' ? `"${describe(value)}"` : describe(value);
}

function member(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<PropertyKey, unknown>)[key];
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return issue.expected;
  if (issue.code === 'invalid_value') return issue.values.map(String).join(' | ');
  return issue.message;
}
