import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseJson, parseShape } from '../../server/src/formats/json.ts';
import { findJsonProblem } from '../../server/src/formats/json-scan.ts';
import { expectError } from '../support/expect-error.ts';

const VALID = [
  '0',
  ' [1, -0.5e+3, true, false, null, "\\u00e9\\n"]\n',
  '{"a":{"b":[{}]},"c":[]}',
  '{"a":{"x":1},"b":{"x":2}}',
  '""',
];

test.each(VALID)('the valid text %j has no problem', (text) => {
  expect(findJsonProblem(text)).toBeNull();
});

const INVALID: readonly [string, number][] = [
  ['', 0],
  ['{', 1],
  ['[1,]', 3],
  ['[1 2]', 3],
  ['{"a" 1}', 5],
  ['{"a":1,}', 7],
  ['{a:1}', 1],
  ['[01]', 2],
  ['["\\x"]', 1],
  ['["\u0001"]', 1],
  ['"abc', 0],
  ['[NaN]', 1],
  ['[}', 1],
  ['1 1', 2],
];

test.each(INVALID)('the scan agrees with JSON.parse that %j is invalid, and says where', (text, offset) => {
  expect(() => JSON.parse(text)).toThrow();
  expect(findJsonProblem(text)?.offset).toBe(offset);
});

test('a syntax error names file, line and column', () => {
  const error = expectError(
    'corrupt-file',
    () => parseJson('{\n  "a": 1,\n  b: 2\n}', 'cfg.json'),
    'cfg.json',
    'line 3, column 3',
    'found b',
  );
  expect(error.data.path).toBe('cfg.json');
});

test('a wrong shape names the field, what it holds and what it should hold', () => {
  const schema = z.object({ a: z.array(z.object({ b: z.number() })), mode: z.enum(['x', 'y']) });
  const cases: readonly [unknown, ...string[]][] = [
    [{ a: [{ b: 1 }, { b: 'one' }], mode: 'x' }, 'a.1.b', 'found "one"', 'expected number'],
    [{ a: [], mode: 'z' }, '"mode"', 'found "z"', 'x | y'],
    [{ a: [] }, '"mode"', 'found nothing'],
    [null, 'the whole file', 'found null', 'expected object'],
    [[], 'the whole file', 'expected object'],
  ];
  for (const [value, ...texts] of cases) expectError('corrupt-file', () => parseShape(schema, value, 'f'), ...texts);
});

test('deeply nested JSON of a wrong shape is an error, not a stack overflow', () => {
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  expectError('corrupt-file', () => parseShape(z.object({ a: z.string() }), { a: deep }, 'f'), '"a"', 'an array of 1');
});
