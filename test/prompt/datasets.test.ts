/** Rows of datasets: which text, from where, and what is told of broken ones. */
import { expect, test } from 'vitest';
import { linesOf } from '../../server/src/prompt/lines.ts';
import { type DocumentKind, syntaxOf } from '../../server/src/prompt/syntax.ts';
import { parseText, rangeLine, view } from '../support/prompt-view.ts';

function check(name: string, kind: DocumentKind, text: string, expected: string[], field?: string): void {
  test(name, () => expect(view(parseText(kind, text, field))).toEqual(expected));
}

check('txt: a row a line, blank ones are none', 'txt', 'a\n\n \n b \r\nc', [
  '"a" 0:0-0:1',
  '" b " 3:0-3:3',
  '"c" 4:0-4:1',
]);

check('jsonl: the text field is guessed by name', 'jsonl', '{"id": "longer", "text": "a"}\n{"text": "b"}\n', [
  '"a" 0:26-0:27',
  '"b" 1:10-1:11',
]);
check('jsonl: whatever its case', 'jsonl', '{"Prompt": "a"}', ['"a" 0:12-0:13']);
check('jsonl: else the longest string of the first row', 'jsonl', '{"a": "x", "b": "xyz"}', ['"xyz" 0:17-0:20']);
check('jsonl: or it is named', 'jsonl', '{"text": "a", "note": "b"}', ['"b" 0:23-0:24'], 'note');
check('jsonl: a row may be a string', 'jsonl', '"a"', ['"a" 0:1-0:2']);
check('jsonl: empty texts and blank lines are no rows', 'jsonl', '{"text": ""}\n\n  \n{"text": "a"}', [
  '"a" 3:10-3:11',
]);
check('jsonl: escapes are read', 'jsonl', '{"text": "\\n\\u00e9\\/\\ud83d\\ude00\\"\\\\"}', [
  `${JSON.stringify('\né/😀"\\')} 0:10-0:36`,
]);
check('jsonl: half a pair of escapes is unreadable', 'jsonl', '{"text": "a\\ud83d"}', [
  '"a\\ud83d" 0:10-0:17 unreadable',
  'lone-surrogate at 0:11-0:17',
]);
check('jsonl: of a repeated key the last counts', 'jsonl', '{"text": "a", "text": "b"}', ['"b" 0:23-0:24']);
check('jsonl: Python’s NaN is read', 'jsonl', '{"score": NaN, "text": "a", "x": -Infinity}', ['"a" 0:24-0:25']);
check(
  'jsonl: broken rows are told where they break, others work',
  'jsonl',
  '{"text": "a"\n{"text": "b",}\n{"text": "\\x"}\n{"text": "c"} d\n{text: 1}\n{"text": "\t"}\n{"text": "e"}',
  [
    '"e" 6:10-6:11',
    'row-syntax at 0:12-0:13',
    'row-syntax at 1:13-1:14',
    'row-syntax at 2:10-2:11',
    'row-syntax at 3:14-3:15',
    'row-syntax at 4:1-4:2',
    'row-syntax at 5:10-5:11',
  ],
);
check('jsonl: deep nesting is a problem, not a crash', 'jsonl', '['.repeat(50_000), ['row-syntax at 0:64-0:65']);
check('jsonl: rows without the field are told', 'jsonl', '{"text": "a"}\n{"texts": "b"}\n{"text": 3}\n7', [
  '"a" 0:10-0:11',
  'row-field at 1:0-1:14',
  'row-field at 2:9-2:10',
  'row-field at 3:0-3:1',
]);
check(
  'jsonl: messages are turns, and what lies between them is a line break',
  'jsonl',
  '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}',
  ['"a\\nb" 0:43-0:83 user: "a", assistant: "b"'],
);
check('jsonl: a broken message is told', 'jsonl', '{"messages": [{"role": "user", "content": 1}]}', [
  'row-field at 0:14-0:44',
]);

check('csv: the column is guessed by name', 'csv', 'id,text\n1,a\n2,b\n', ['"a" 1:2-1:3', '"b" 2:2-2:3']);
check('csv: else the longest that is no number', 'csv', 'a,b\n123456,xyz\n', ['"xyz" 1:7-1:10']);
check('csv: or it is named', 'csv', 'text,note\na,b', ['"b" 1:2-1:3'], 'note');
check('csv: a name that is not there is told', 'csv', 'text\na', ['row-field at 0:0-0:4'], 'txt');
check('csv: quotes, commas and line breaks in cells', 'csv', 'n,text\r\n1,"a ""b"", c\r\nd"\r\n2,"e"', [
  '"a \\"b\\", c\\r\\nd" 1:3-2:1',
  '"e" 3:3-3:4',
]);
check('csv: quotes inside a plain cell are text', 'csv', 'n,text\n1,5" disk\n2,b', [
  '"5\\" disk" 1:2-1:9',
  '"b" 2:2-2:3',
]);
check('csv: the header may span lines and have a byte order mark', 'csv', '\ufeff"text\n",n\na,1', ['"a" 2:0-2:1']);
check('csv: text behind a closing quote is a problem', 'csv', 'n,text\n1,"a"b\n2,c', [
  '"c" 2:2-2:3',
  'row-syntax at 1:5-1:6',
]);
check('csv: rows of another width are told', 'csv', 'n,text\n1\n2,a,b', [
  '"a" 2:2-2:3',
  'row-field at 1:0-1:1',
  'row-field at 2:0-2:5',
]);
check('csv: an open quote is told where it opens', 'csv', 'n,text\n1,a\n2,"b\n3,c', [
  '"a" 1:2-1:3',
  'row-syntax at 2:2-2:3',
]);
check('csv: an empty file has no rows', 'csv', '', []);

test('csv: an open quote makes a row of at most 2,000 lines', () => {
  const lines = linesOf(`n,text\n1,"a\n${'2,b\n'.repeat(5000)}`);
  const syntax = syntaxOf('csv');
  expect(syntax.parse(lines, 0, 3000).problems.map(({ range }) => rangeLine(range))).toEqual(['1:2-1:3']);
  expect(syntax.parse(lines, 4000, 4010)).toEqual({ units: [], problems: [] });
});

test('a window of 50 of 100,000 rows reads only those and the first 50', () => {
  const rows = Array.from({ length: 100_000 }, (_, i) => `{"text": "row ${i}"}`);
  const lines = linesOf(rows.join('\n'));
  const read: number[] = [];
  const line = (i: number): string => {
    read.push(i);
    return lines.line(i);
  };
  const watched = { ...lines, line };
  const { units } = syntaxOf('jsonl').parse(watched, 70_000, 70_049);
  expect(units.map(({ text }) => text)).toEqual(rows.slice(70_000, 70_050).map((row) => JSON.parse(row).text));
  expect(read.filter((i) => i >= 50 && (i < 70_000 || i > 70_049))).toEqual([]);
});

test('an edit of a CSV document leaves little to prepare', () => {
  const row = (i: number): string => `${i},"a ""quoted"" cell,\nover two lines"\n`;
  const lines = linesOf(`n,text\n${Array.from({ length: 50_000 }, (_, i) => row(i)).join('')}`);
  const syntax = syntaxOf('csv');
  let slices = 1;
  while (!syntax.prepare(lines, 2 ** 16)) slices++;
  expect(slices).toBeGreaterThan(20);
  const place = { line: 60_000, character: 1 };
  const edited = lines.edit({ start: place, end: place }, 'x');
  expect(syntax.prepare(edited, 2 ** 16)).toBe(true);
  expect(syntax.parse(edited, 99_999, 99_999).units[0]?.text).toBe('a "quoted" cell,\nover two lines');
});

test('of a text that is too long the beginning is read, whole characters only', () => {
  const long = `a${'😀'.repeat(3 * 2 ** 20)}`;
  for (const [kind, text] of [
    ['txt', long],
    ['jsonl', JSON.stringify(long)],
    ['prompt', long.replaceAll('😀'.repeat(64), `${'😀'.repeat(64)}\n`)],
  ] as const) {
    const { units, problems } = parseText(kind, text);
    expect(units[0]!.text.length).toBeGreaterThan(2 ** 22 - 3);
    expect([units[0]!.text.length <= 2 ** 22, units[0]!.readable]).toEqual([true, true]);
    expect(problems.map(({ code }) => code)).toEqual(['text-too-long']);
  }
});
