/** Hints that the extension keeps for the time without a server: they move as the server's own would. */
import { expect, test } from 'vitest';
import { createHintMemory, filled } from '../../client-vscode/src/client/hint-memory.ts';
import { movedRange } from '../../client-vscode/src/client/moved.ts';
import { moveRange } from '../../server/src/editor/documents.ts';
import { createHintMemory as serverMemory, type TokenHint } from '../../server/src/editor/hint-memory.ts';
import type { Position, Range } from '../../server/src/prompt/lines.ts';
import { seededRandom } from '../support/random.ts';

const URI = 'file:///texts/story.prompt';
const at = (line: number, character: number) => ({ position: { line, character } });
const span = (a: number, b: number, c: number, d: number): Range => ({
  start: { line: a, character: b },
  end: { line: c, character: d },
});

/** Where hints behind characters 2, 5 and 9 of the first line and 3 of the second are after one edit. */
function check(range: Range, text: string, expected: string): void {
  const memory = createHintMemory();
  memory.show(URI, 0, 9, [at(0, 2), at(0, 5), at(0, 9), at(1, 3)]);
  memory.edited(URI, [{ range, text }]);
  const places = memory.on(URI, 0, 99).map(({ position: { line, character } }) => `${line}:${character}`);
  expect(places.join(' ')).toBe(expected);
}

test.each<[string, Range, string, string]>([
  ['text typed behind a token leaves its hint', span(0, 5, 0, 5), 'xx', '0:2 0:5 0:11 1:3'],
  ['text typed inside a token moves its hint', span(0, 4, 0, 4), 'x', '0:2 0:6 0:10 1:3'],
  ['a hint within replaced text goes', span(0, 3, 0, 7), 'y', '0:2 0:6 1:3'],
  ['a hint at the end of replaced text stays at its end', span(0, 3, 0, 5), '', '0:2 0:3 0:7 1:3'],
  ['a break moves what follows to the next line', span(0, 4, 0, 4), 'a\r\nb', '0:2 1:2 1:6 2:3'],
  ['joined lines move what follows', span(0, 9, 1, 1), ' ', '0:2 0:5 0:9 0:12'],
])('%s', (_, range, text, expected) => check(range, text, expected));

test('random edits move hints as they do in the server', () => {
  const { uniform } = seededRandom(11);
  const pick = (n: number): number => Math.floor(uniform() * n);
  const place = (): Position => ({ line: pick(4), character: pick(12) });
  for (let round = 0; round < 200; round++) {
    const hints = Array.from({ length: 8 }, () => ({ position: place(), text: '', model: '', features: [] }));
    const [mine, theirs] = [createHintMemory<TokenHint>(), serverMemory()];
    for (const memory of [mine, theirs]) memory.show(URI, 0, 9, hints);
    for (let edit = 0; edit < 4; edit++) {
      const [start, end] = [place(), place()].sort((a, b) => a.line - b.line || a.character - b.character);
      const edits = [{ range: { start: start!, end: end! }, text: ['', 'a', 'bc\n', '\n\nd'][pick(4)]! }];
      for (const memory of [mine, theirs]) memory.edited(URI, edits);
    }
    expect(mine.on(URI, 0, 99)).toEqual(theirs.on(URI, 0, 99));
  }
});

test('random edits move ranges as they do in the server', () => {
  const { uniform } = seededRandom(12);
  const pick = (n: number): number => Math.floor(uniform() * n);
  const range = (): Range => {
    const places = [0, 0].map(() => ({ line: pick(3), character: pick(8) }));
    const [start, end] = places.sort((a, b) => a.line - b.line || a.character - b.character);
    return { start: start!, end: end! };
  };
  for (let round = 0; round < 500; round++) {
    const [kept, replaced, text] = [range(), range(), ['', 'a', 'bc\n', '\n\nd'][pick(4)]!];
    expect(movedRange(kept, { range: replaced, text })).toEqual(moveRange(kept, replaced, text));
  }
});

test('an answer replaces the hints of its own lines', () => {
  const memory = createHintMemory();
  memory.show(URI, 0, 9, [at(0, 1), at(5, 1)]);
  memory.show(URI, 0, 2, [at(1, 4)]);
  expect(memory.on(URI, 0, 9)).toEqual([at(1, 4), at(5, 1)]);
  expect(memory.on(URI, 2, 9)).toEqual([at(5, 1)]);
});

test('lines without a hint in a late answer keep theirs', () => {
  expect(filled([at(1, 7)], [at(0, 1), at(1, 3)])).toEqual([at(1, 7), at(0, 1)]);
});

test('what is kept is bounded, and forgotten with its document', () => {
  const memory = createHintMemory();
  memory.show(
    URI,
    0,
    9999,
    Array.from({ length: 9000 }, (_, line) => at(line, 0)),
  );
  memory.show(URI, 4000, 4100, [at(4050, 1)]);
  const kept = memory.on(URI, 0, 9999);
  expect(kept).toHaveLength(4900);
  memory.forget(URI);
  expect(memory.on(URI, 0, 9999)).toEqual([]);
  for (let i = 0; i < 60; i++) memory.show(`${URI}${i}`, 0, 9, [at(0, 1)]);
  expect(memory.on(`${URI}9`, 0, 9)).toEqual([]);
  expect(memory.on(`${URI}10`, 0, 9)).toHaveLength(1);
});
