/** Documents and what is moved through their edits. */
import { describe, expect, test } from 'vitest';
import { createDocuments, kindOf, movePosition, moveRange } from '../../server/src/editor/documents.ts';
import { createHintMemory } from '../../server/src/editor/hint-memory.ts';
import type { Position, Range } from '../../server/src/prompt/lines.ts';
import { linesOf } from '../../server/src/prompt/lines.ts';
import { seededRandom } from '../support/random.ts';

const span = (a: number, b: number, c: number, d: number): Range => ({
  start: { line: a, character: b },
  end: { line: c, character: d },
});

describe('the kind of a document', () => {
  test.each([
    ['file:///a/b.prompt', '', 'prompt'],
    ['file:///a/B.JSONL', '', 'jsonl'],
    ['file:///a/b.jsonl?x#y', '', 'jsonl'],
    ['file:///a/b.csv', 'plaintext', 'csv'],
    ['untitled:Untitled-1', 'sonde-prompt', 'prompt'],
    ['untitled:Untitled-1', 'markdown', 'other'],
    ['file:///a/.sonde/labels.jsonl', 'jsonl', 'other'],
  ])('%s (%s) is %s', (uri, language, kind) => {
    expect(kindOf(uri, language)).toBe(kind);
  });
});

describe('a place behind an edit', () => {
  test.each<[string, Position, Range, string, Position]>([
    [
      'moves with an insertion in its line',
      { line: 0, character: 5 },
      span(0, 2, 0, 2),
      'xx',
      { line: 0, character: 7 },
    ],
    [
      'moves to the next line with a break',
      { line: 0, character: 5 },
      span(0, 2, 0, 2),
      'a\nbc',
      { line: 1, character: 5 },
    ],
    ['moves up when a break goes', { line: 1, character: 1 }, span(0, 3, 1, 0), '', { line: 0, character: 4 }],
    ['stays before it', { line: 0, character: 1 }, span(0, 2, 0, 4), 'x', { line: 0, character: 1 }],
    ['keeps its character in later lines', { line: 3, character: 2 }, span(0, 0, 1, 0), '', { line: 2, character: 2 }],
  ])('%s', (_, position, replaced, text, expected) => {
    expect(movePosition(position, replaced, text)).toEqual(expected);
  });

  test('stands at the same character, for random edits', () => {
    const random = seededRandom(7).uniform;
    const below = (n: number): number => Math.floor(random() * n);
    for (let round = 0; round < 500; round++) {
      const text = Array.from({ length: 30 }, () => (below(6) === 0 ? '\n' : String.fromCharCode(97 + below(26)))).join(
        '',
      );
      const lines = linesOf(text);
      const place = (offset: number): Position => {
        const before = text.slice(0, offset).split('\n');
        return { line: before.length - 1, character: before.at(-1)!.length };
      };
      const [from, to] = [below(31), below(31)].sort((a, b) => a - b) as [number, number];
      const at = to + below(31 - to);
      const inserted = Array.from({ length: below(4) }, () => (below(3) === 0 ? '\n' : 'Z')).join('');
      const replaced = { start: place(from), end: place(to) };
      const moved = movePosition(place(at), replaced, inserted);
      const rest = lines.edit(replaced, inserted).text({ start: moved, end: { line: 99, character: 0 } });
      expect(rest).toBe(text.slice(at));
    }
  });
});

describe('a range', () => {
  test.each<[string, Range, Range | null]>([
    ['grows by an edit inside it', span(0, 3, 0, 4), span(0, 2, 0, 7)],
    ['moves with an edit before it', span(0, 0, 0, 1), span(0, 2, 0, 6)],
    ['stays before an edit', span(1, 0, 1, 2), span(0, 2, 0, 6)],
    ['is gone when an edit cuts its edge', span(0, 1, 0, 3), null],
  ])('%s', (_, replaced, expected) => {
    const text = replaced.start.line === 0 && replaced.start.character === 0 ? 'y' : 'yy';
    expect(moveRange(span(0, 2, 0, 6), replaced, text)).toEqual(expected);
  });
});

describe('remembered hints', () => {
  const hint = (line: number, character: number) => ({
    position: { line, character },
    text: '',
    model: '',
    features: [],
  });
  const places = (memory: ReturnType<typeof createHintMemory>) =>
    memory.on('u', 0, 99).map(({ position: { line, character } }) => [line, character]);

  test('move through edits of an open document, and go with replaced text', () => {
    const memory = createHintMemory();
    const documents = createDocuments(memory.edited);
    documents.open('u', 'sonde-prompt', 1, 'one two three\nfour');
    memory.show('u', 0, 9, [hint(0, 3), hint(0, 7), hint(1, 4)]);
    documents.change('u', 2, [{ range: span(0, 0, 0, 0), text: 'x\n' }]);
    expect(places(memory)).toEqual([
      [1, 3],
      [1, 7],
      [2, 4],
    ]);
    documents.change('u', 3, [{ range: span(1, 4, 1, 9), text: '' }]);
    expect(places(memory)).toEqual([
      [1, 3],
      [2, 4],
    ]);
    documents.change('u', 4, [{ text: 'new' }]);
    expect(places(memory)).toEqual([]);
  });

  test('of lines shown anew replace those of these lines alone', () => {
    const memory = createHintMemory();
    memory.show('u', 0, 0, [hint(0, 1)]);
    memory.show('u', 1, 1, [hint(1, 1)]);
    memory.show('u', 0, 0, [hint(0, 2)]);
    expect(places(memory).sort()).toEqual([
      [0, 2],
      [1, 1],
    ]);
  });
});
