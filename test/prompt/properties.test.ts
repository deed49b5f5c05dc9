/** What holds of every document, on random ones: positions decode to the text, windows agree with the whole, nothing throws. */
import { expect, test } from 'vitest';
import { type Lines, linesOf } from '../../server/src/prompt/lines.ts';
import { outlineOf } from '../../server/src/prompt/segments.ts';
import { settingPlaceAt } from '../../server/src/prompt/setting-place.ts';
import { type DocumentKind, syntaxOf } from '../../server/src/prompt/syntax.ts';
import type { Unit } from '../../server/src/prompt/unit.ts';
import { createRandom } from '../support/mutate.ts';
import { rangeLine, unitLine } from '../support/prompt-view.ts';

type Random = (below: number) => number;

const CHARACTERS = [
  'a',
  'b ',
  '"',
  '""',
  ',',
  '\\',
  '/',
  '\n',
  '\r\n',
  '\t',
  'é',
  '😀',
  '日',
  '\u2028',
  '---',
  'user:',
  ' ',
];

/** Random documents of a kind, and how its source decodes to text. */
const KINDS: Record<DocumentKind, { document: (random: Random) => string; decode: (source: string) => string }> = {
  txt: {
    document: (random) => lineList(random, () => words(random).replace(/[\r\n]/g, '')),
    decode: (source) => source,
  },
  jsonl: {
    document: (random) => lineList(random, () => `{"id": ${random(9)}, "text": ${escaped(words(random), random)}}`),
    decode: (source) => JSON.parse(`"${source}"`),
  },
  csv: {
    document: (random) =>
      `id,text\n${lineList(random, () => `${random(9)},${random(4) ? quoted(words(random)) : 'plain'}`)}`,
    decode: (source) => source.replaceAll('""', '"'),
  },
  prompt: {
    document: (random) =>
      (random(2) ? '---\nmodel: a\n---\n' : '') +
      lineList(
        random,
        () => ['---', '\\---', '---\nlayer: 3\n---', 'clean:', words(random), words(random)][random(6)]!,
      ),
    decode: (source) => source.replace(/\r\n?/g, '\n').replace(/^\\(\\*(?:---$|clean:|corrupt:|-))/gm, '$1'),
  },
};

for (const kind of Object.keys(KINDS) as DocumentKind[]) {
  const { document, decode } = KINDS[kind];

  test(`${kind}: what locate finds is the source of the text, or of the characters that cover it`, () => {
    const random = createRandom(11);
    let units = 0;
    for (let round = 0; round < 40; round++) {
      const lines = linesOf(document(random));
      for (const unit of syntaxOf(kind).parse(lines, 0, lines.count - 1).units) {
        units++;
        checkUnit(unit, lines, decode, random);
      }
    }
    expect(units).toBeGreaterThan(50);
  });

  test(`${kind}: a window gives what the whole gives there, before and after edits`, () => {
    const random = createRandom(5);
    for (let round = 0; round < 40; round++) {
      const syntax = syntaxOf(kind);
      let lines = linesOf(document(random));
      for (let step = 0; step < 4; step++) {
        checkWindow(kind, syntax.parse, lines, random);
        const [line, character] = [random(lines.count), random(6)];
        const end = { line: line + random(2), character: random(6) };
        lines = lines.edit({ start: { line, character }, end }, CHARACTERS[random(CHARACTERS.length)]!);
      }
    }
  });

  test(`${kind}: no text makes it throw`, () => {
    const random = createRandom(23);
    for (let round = 0; round < 100; round++) {
      const text = damaged(document(random), random);
      const lines = linesOf(text);
      const { units, problems } = syntaxOf(kind).parse(lines, 0, lines.count - 1);
      const outside = [...units, ...problems].filter(({ range }) => range.end.line >= lines.count);
      expect(outside).toEqual([]);
    }
  });
}

function checkUnit(unit: Unit, lines: Lines, decode: (source: string) => string, random: Random): void {
  expect(decode(lines.text(unit.range))).toBe(unit.text);
  const wrong: object[] = [];
  for (let i = 0; i < 20; i++) {
    const start = random(unit.text.length + 1);
    const end = start + random(unit.text.length - start + 1);
    const range = unit.locate(start, end)!;
    const source = lines.text(range);
    const [from, to] = [unit.offsetAt(range.start)!, unit.offsetAt(range.end)!];
    // The covering characters: at most one more unit at each side, of a pair that is split.
    const covers = from <= start && start - from <= 1 && to >= end && to - end <= 1;
    const decodes = start === end || decode(source) === unit.text.slice(from, to);
    if ((start < end && !covers) || !decodes) wrong.push({ start, end, from, to, source, text: unit.text });
  }
  expect(wrong).toEqual([]);
  expect(unit.locate(0, unit.text.length + 1)).toBeNull();
  expect(unit.offsetAt({ line: unit.range.end.line, character: unit.range.end.character + 1 })).toBeNull();
}

function checkWindow(
  kind: DocumentKind,
  parse: ReturnType<typeof syntaxOf>['parse'],
  lines: Lines,
  random: Random,
): void {
  const from = random(lines.count);
  const to = from + random(lines.count - from);
  const inside = ({ range }: { range: Unit['range'] }): boolean => range.start.line <= to && range.end.line >= from;
  const whole = syntaxOf(kind).parse(linesOf(lines.text()), 0, lines.count - 1);
  const window = parse(lines, from, to);
  expect(window.units.map(unitLine)).toEqual(whole.units.filter(inside).map(unitLine));
  const told = (problem: (typeof whole.problems)[number]): string => `${problem.code} at ${rangeLine(problem.range)}`;
  expect(window.problems.map(told)).toEqual(whole.problems.filter(inside).map(told));
}

function words(random: Random): string {
  return Array.from({ length: random(8) }, () => CHARACTERS[random(CHARACTERS.length)]!).join('');
}

function lineList(random: Random, line: () => string): string {
  return Array.from({ length: 1 + random(12) }, line).join(random(3) ? '\n' : '\r\n');
}

function escaped(text: string, random: Random): string {
  const json = JSON.stringify(text).slice(1, -1);
  const more = json.replace(/[^\\"nrt]/gu, (char) => (random(4) ? char : unicodeEscapes(char)));
  return `"${json.includes('\\') ? json : more}"`;
}

function unicodeEscapes(char: string): string {
  return char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function damaged(text: string, random: Random): string {
  let result = text;
  for (let i = random(4); i >= 0; i--) {
    const at = random(result.length + 1);
    const inserted = random(2) ? String.fromCharCode(random(0x10000)) : CHARACTERS[random(CHARACTERS.length)]!;
    result = result.slice(0, at) + (random(3) ? inserted : '') + result.slice(at + random(3));
  }
  return result;
}

test('no place of any text makes the search for settings throw', () => {
  const random = createRandom(31);
  for (let round = 0; round < 100; round++) {
    const lines = linesOf(damaged(KINDS.prompt.document(random), random));
    const position = { line: random(lines.count + 2), character: random(9) };
    const place = settingPlaceAt(lines, position);
    expect(place === null || place.range.start.line === position.line).toBe(true);
    expect(syntaxOf('prompt').parse(lines, position.line, position.line + random(99)).units).toBeDefined();
    expect(outlineOf(lines).every(({ from, to }) => from <= to && to <= lines.count)).toBe(true);
  }
});
