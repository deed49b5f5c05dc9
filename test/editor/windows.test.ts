/** How much of a large document is read for an answer about a part of it. */
import { describe, expect, test } from 'vitest';
import { atOnce } from '../../server/src/core/turn.ts';
import { syntaxFindings } from '../../server/src/editor/diagnostics.ts';
import { createDocuments, type Document } from '../../server/src/editor/documents.ts';
import { prepared } from '../../server/src/editor/prepare.ts';
import { firstUnits, windows } from '../../server/src/editor/units.ts';
import type { Range } from '../../server/src/prompt/lines.ts';

const ROWS = 100_000;
const JSONL = Array.from({ length: ROWS }, (_, id) => `{"id": ${id}, "text": "row number ${id}"}\n`).join('');
const rows = (from: number, to: number): Range => ({
  start: { line: from, character: 0 },
  end: { line: to, character: 0 },
});

/** A document that tells which of its lines were read. */
function watched(name: string, text: string): { document: Document; read: Set<number> } {
  const documents = createDocuments(() => undefined);
  const document = documents.open(`file:///${name}`, '', 1, text);
  const read = new Set<number>();
  const { lines } = document;
  const line = (i: number): string => {
    read.add(i);
    return lines.line(i);
  };
  return { document: { ...document, lines: { ...lines, line } }, read };
}

describe('of 100,000 rows', () => {
  test('50 on screen cost those, and the first ones for the name of the field', () => {
    const { document, read } = watched('rows.jsonl', JSONL);
    const { units, more } = firstUnits(document, rows(60_000, 60_049), 400);
    expect([units.length, more]).toEqual([50, false]);
    const others = [...read].filter((line) => line < 60_000 || line > 60_049);
    expect(others.every((line) => line < 50)).toBe(true);
  });

  test('the first 1,000 cost about those', () => {
    const { document, read } = watched('rows.jsonl', JSONL);
    const { units, more } = firstUnits(document, null, 1000);
    expect([units.length, more]).toEqual([1000, true]);
    expect(Math.max(...read)).toBeLessThan(1600);
  });

  test('windows are short where rows are long, and give each row once', () => {
    const long = Array.from({ length: 200 }, (_, id) => `{"text": "${id} ${'x'.repeat(8000)}"}\n`).join('');
    const { document } = watched('long.jsonl', long);
    const sizes = [...windows(document)].map((units) => units.length);
    expect(Math.max(...sizes)).toBeLessThan(8);
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(200);
  });
});

test('a prompt that is longer than a window is read once, and those behind it come', () => {
  const long = Array.from({ length: 3000 }, (_, i) => `line ${i}`).join('\n');
  const { document } = watched('long.prompt', `${long}\n---\nshort\n---\n${long}\n---\nlast\n`);
  const units = [...windows(document)].flat();
  expect(units.map(({ range: { start, end } }) => [start.line, end.line])).toEqual([
    [0, 2999],
    [3001, 3001],
    [3003, 6002],
    [6004, 6004],
  ]);
});

test('windows begin with the unit that reaches into the range', () => {
  const { document } = watched('a.csv', 'id,text\n1,"one\ntwo\nthree"\n2,four\n');
  const [first] = windows(document, 2, 4);
  expect(first!.map(({ text }) => text)).toEqual(['one\ntwo\nthree', 'four']);
});

test('a large table is read ahead in slices, with turns of the event loop between them', async () => {
  const documents = createDocuments(() => undefined);
  const table = `id,text\n${'1,"a row of ""some"" length"\n'.repeat(400_000)}`;
  documents.open('file:///a.csv', '', 1, table);
  let turns = 0;
  const count = (): NodeJS.Immediate =>
    setImmediate(() => {
      turns++;
      counting = count();
    });
  let counting = count();
  const document = await prepared(documents, 'file:///a.csv');
  clearImmediate(counting);
  expect(turns).toBeGreaterThan(1);
  expect(document!.syntax!.prepare(document!.lines, 0)).toBe(true);
});

test.each([
  [
    'a prompt longer than a window',
    'long.prompt',
    `${'line\n'.repeat(300)}broken \ud800 here\n${'line\n'.repeat(100)}---\nlast\n`,
  ],
  [
    'a row that reaches over the end of a window',
    'a.csv',
    `id,text\n${'1,x\n'.repeat(250)}2,"${'long\n'.repeat(20)}\ud800"\n3,y\n`,
  ],
  [
    'a broken row in the second window',
    'a.jsonl',
    `${'{"text": "x"}\n'.repeat(400)}{"text": \n${'{"text": "y"}\n'.repeat(400)}`,
  ],
])('problems window by window are those of the whole: %s', (_, name, text) => {
  const { document } = watched(name, text);
  const whole = document.syntax!.parse(document.lines, 0, document.lines.count - 1).problems;
  expect(whole.length).toBeGreaterThan(0);
  expect(atOnce(syntaxFindings(document, 0, document.lines.count - 1))).toEqual(whole);
});
