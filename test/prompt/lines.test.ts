/** Lines of a document and their edits. */
import { expect, test } from 'vitest';
import { linesOf, type Position } from '../../server/src/prompt/lines.ts';
import { createRandom } from '../support/mutate.ts';

const PIECES = ['a', 'bc', ' ', '\n', '\r\n', '\r', '\n\n', 'é', '😀', 'x\ny\n', ''];

test('lines end where LSP ends them, and the last has no break', () => {
  const lines = linesOf('a\nb\r\nc\rd\n');
  const found = Array.from({ length: lines.count }, (_, i) => [lines.line(i), lines.eol(i)]);
  expect(found).toEqual([
    ['a', '\n'],
    ['b', '\r\n'],
    ['c', '\r'],
    ['d', '\n'],
    ['', ''],
  ]);
  expect(lines.length).toBe(9);
});

test('an empty text has one line', () => {
  expect([linesOf('').count, linesOf('').line(0), linesOf('').line(7)]).toEqual([1, '', '']);
});

test('edits of lines equal edits of the text', () => {
  const random = createRandom(7);
  for (let round = 0; round < 40; round++) {
    let text = randomText(random, round < 38 ? 12 : 4000);
    let lines = linesOf(text);
    for (let step = 0; step < 20; step++) {
      const [a, b] = [random(text.length + 1), random(text.length + 1)].sort((x, y) => x - y) as [number, number];
      const [from, to] = [betweenBreaks(text, a), betweenBreaks(text, b)];
      const end = random(3) === 0 ? from : Math.max(from, Math.min(to, from + random(40)));
      const stop = betweenBreaks(text, end);
      const inserted = randomText(random, random(6));
      lines = lines.edit({ start: positionOf(text, from), end: positionOf(text, stop) }, inserted);
      text = text.slice(0, from) + inserted + text.slice(stop);
      const whole = linesOf(text);
      expect(lines.text()).toBe(text);
      expect([lines.count, lines.length]).toEqual([whole.count, text.length]);
      const wrong = Array.from({ length: whole.count }, (_, i) => i).filter((i) => lines.line(i) !== whole.line(i));
      expect(wrong).toEqual([]);
    }
  }
});

test('the text of a range is the slice of the text', () => {
  const random = createRandom(3);
  const text = randomText(random, 400);
  const lines = linesOf(text);
  for (let step = 0; step < 300; step++) {
    const [a, b] = [random(text.length), random(text.length)].sort((x, y) => x - y) as [number, number];
    const [from, to] = [betweenBreaks(text, a), betweenBreaks(text, b)];
    expect(lines.text({ start: positionOf(text, from), end: positionOf(text, to) })).toBe(text.slice(from, to));
  }
});

test('positions outside are moved to the nearest place', () => {
  const lines = linesOf('ab\ncd');
  const place = (line: number, character: number): Position => ({ line, character });
  expect(lines.edit({ start: place(0, 99), end: place(0, 99) }, 'x').text()).toBe('abx\ncd');
  expect(lines.edit({ start: place(-3, 5), end: place(-1, 0) }, 'x').text()).toBe('xab\ncd');
  expect(lines.edit({ start: place(9, 9), end: place(1, 1) }, 'x').text()).toBe('ab\ncx');
});

test('an edit keeps the blocks that it does not touch', () => {
  const lines = linesOf('row\n'.repeat(100_000));
  const edited = lines.edit({ start: { line: 50_000, character: 1 }, end: { line: 50_000, character: 2 } }, 'X\nY');
  const kept = edited.blocks.filter((block) => lines.blocks.includes(block)).length;
  expect(lines.blocks.length - kept).toBe(1);
  expect([edited.count, edited.line(50_001), edited.line(99_999)]).toEqual([100_002, 'Yw', 'row']);
});

function randomText(random: (below: number) => number, pieces: number): string {
  return Array.from({ length: pieces }, () => PIECES[random(PIECES.length)]).join('');
}

/** No position lies inside a break of two units. */
function betweenBreaks(text: string, offset: number): number {
  return text[offset - 1] === '\r' && text[offset] === '\n' ? offset - 1 : offset;
}

function positionOf(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length - 1, character: lines.at(-1)!.length };
}
