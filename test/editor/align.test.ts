/** Alignment of two token sequences. */
import { describe, expect, test } from 'vitest';
import { align } from '../../server/src/editor/align.ts';
import { seededRandom } from '../support/random.ts';

const split = (text: string): string[] => (text === '' ? [] : text.split(' '));

describe('aligned tokens', () => {
  test.each([
    ['a b c', 'a b c', 'aa bb cc'],
    ['a b c', 'a c', 'aa b- cc'],
    ['a c', 'a b c', 'aa -b cc'],
    ['the cat sat', 'the dog sat', 'thethe catdog satsat'],
    ['', 'a', '-a'],
    ['a', '', 'a-'],
    ['', '', ''],
  ])('"%s" and "%s"', (a, b, expected) => {
    const [x, y] = [split(a), split(b)];
    const shown = align(x, y).map(([i, j]) => `${i === null ? '-' : x[i]}${j === null ? '-' : y[j]}`);
    expect(shown.join(' ')).toBe(expected);
  });

  test('hold every token of both once and in order', () => {
    const random = seededRandom(3).uniform;
    for (let round = 0; round < 200; round++) {
      const some = (): string[] =>
        Array.from({ length: Math.floor(random() * 12) }, () => 'xyz'[Math.floor(random() * 3)]!);
      const [a, b] = [some(), some()];
      const pairs = align(a, b);
      const indices = (side: 0 | 1): number[] => pairs.flatMap((pair) => pair[side] ?? []);
      expect([indices(0), indices(1)]).toEqual([[...a.keys()], [...b.keys()]]);
    }
  });
});
