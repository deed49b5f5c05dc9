/** Measured text, settled places and the n-gram baseline. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readText } from '../../../server/src/files/file-reader.ts';
import { bpeEncoder } from '../../../server/src/tinyworld/encode.ts';
import { corpusDocument, latentAt } from '../../../server/src/tinyworld/sample.ts';
import { fitNGram } from '../../../server/src/tinyworld/scorecard/n-gram.ts';
import { PHENOMENA, settledPlaces } from '../../../server/src/tinyworld/scorecard/phenomena.ts';
import { QUESTIONS } from '../../../server/src/tinyworld/scorecard/questions.ts';
import { measureText, tokenSizes } from '../../../server/src/tinyworld/scorecard/text.ts';

const PATH = join(import.meta.dirname, '../../../server/models/tinyworld/tokenizer.json');
const encoder = bpeEncoder(readText(PATH), PATH);
const PLAN = { seed: 3, first: 0, minRows: 500, minPositives: 0, maxRows: 10_000, n_ctx: 256 } as const;

test('a row has the latents of its token’s last character', () => {
  const text = measureText(encoder, tokenSizes(PATH), { ...PLAN, split: 'train' });
  expect(text.rows).toBeGreaterThanOrEqual(500);
  const document = corpusDocument(3, 'train', 0);
  const ids = text.sequences[0]!.slice(1, -1);
  ids.forEach((_, i) => {
    // The shortest text that gives these ids ends with the token's last character.
    let end = 0;
    while (
      encoder.encode(document.text.slice(0, end)).length <= i ||
      !startsWith(encoder.encode(document.text.slice(0, end)), ids, i + 1)
    )
      end++;
    QUESTIONS.forEach(({ latent, value }, question) => {
      const found = latentAt(document, latent, end - 1);
      const yes = value === null ? found > 0 : found === value;
      expect([i, latent, text.positives[question]!.includes(i)]).toEqual([i, latent, yes]);
    });
  });
});

function startsWith(ids: readonly number[], wanted: readonly number[], length: number): boolean {
  return wanted.slice(0, length).every((id, i) => ids[i] === id);
}

test.each(['train', 'heldout'] as const)(
  'every phenomenon has places in %s text, and alternatives that differ',
  (split) => {
    const found = PHENOMENA.map(() => 0);
    for (let index = 0; index < 400; index++) {
      const document = corpusDocument(5, split, index);
      for (const { phenomenon, others } of settledPlaces(document)) {
        found[phenomenon]!++;
        for (const other of others ?? []) expect(other).not.toBe(document.text);
      }
    }
    const empty = PHENOMENA.filter((_, i) => found[i] === 0).map(({ name }) => name);
    expect(empty).toEqual([]);
  },
);

test('the n-gram model is a distribution that prefers what it has seen', () => {
  const nGram = fitNGram(
    [
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 4],
    ],
    3,
    5,
  );
  const after = (ids: readonly number[]) => [0, 1, 2, 3, 4].map((token) => nGram.probability(ids, ids.length, token));
  expect(after([0, 1, 2]).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  expect(after([4, 4]).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  expect(nGram.best([0, 1, 2], 3)).toBe(3);
  expect(after([0, 1, 2])[3]).toBeGreaterThan(after([0, 1, 2])[4]!);
  expect(nGram.best([4, 1], 2)).toBe(2);
  const places = [
    { ids: [0, 1, 2], at: 3 },
    { ids: [4, 1], at: 2 },
  ];
  const asked = fitNGram(
    [
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 4],
    ],
    3,
    5,
    places,
  );
  for (const { ids, at } of places) {
    expect(asked.best(ids, at)).toBe(nGram.best(ids, at));
    for (let token = 0; token < 5; token++) {
      expect(asked.probability(ids, at, token)).toBe(nGram.probability(ids, at, token));
    }
  }
});
