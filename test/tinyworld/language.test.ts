import { describe, expect, test } from 'vitest';
import { pretokens } from '../../server/src/tinyworld/bpe.ts';
import type { Split } from '../../server/src/tinyworld/derivation.ts';
import { LATENTS, type Latent } from '../../server/src/tinyworld/latents.ts';
import { createRandom } from '../../server/src/tinyworld/random.ts';
import { corpusDocument, DOCUMENT_KINDS, generateDocument, latentAt } from '../../server/src/tinyworld/sample.ts';
import * as words from '../../server/src/tinyworld/words.ts';

const latents: readonly Latent[] = LATENTS;
const corpora = {
  train: Array.from({ length: 2500 }, (_, index) => corpusDocument(11, 'train', index)),
  heldout: Array.from({ length: 2500 }, (_, index) => corpusDocument(11, 'heldout', index)),
};

/** Per latent and pre-token, how often each value occurs at the pre-token's last character. */
function tally(split: Split): { tokens: number; values: Map<string, Map<string, number[]>> } {
  const values = new Map(latents.map((latent) => [latent.name, new Map<string, number[]>()]));
  let tokens = 0;
  for (const { text, spans } of corpora[split]) {
    const rows = new Map(latents.map((latent) => [latent.name, new Uint8Array(text.length)]));
    for (const span of spans) rows.get(span.latent)!.fill(span.value, span.start, span.end);
    let end = 0;
    for (const token of pretokens(text)) {
      end += token.length;
      tokens++;
      for (const [name, row] of rows) {
        const counts = values.get(name)!.get(token) ?? [];
        const value = row[end - 1]!;
        counts[value] = (counts[value] ?? 0) + 1;
        values.get(name)!.set(token, counts);
      }
    }
    expect(end).toBe(text.length);
  }
  return { tokens, values };
}

test('a document is a function of seed, split and index', () => {
  expect(corpusDocument(5, 'train', 3)).toEqual(corpusDocument(5, 'train', 3));
  const texts = [corpusDocument(5, 'train', 3), corpusDocument(6, 'train', 3), corpusDocument(5, 'train', 4)];
  expect(new Set(texts.map((document) => document.text)).size).toBe(3);
  expect(corpusDocument(1, 'train', 0).text).toMatchSnapshot();
});

test('the random stream is uniform in mean and variance', () => {
  const random = createRandom(1);
  const drawn = Array.from({ length: 20_000 }, () => random.next());
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.005);
});

test('there are between 30 and 60 latents, one of them circular and exactly one unused', () => {
  expect(latents.length).toBeGreaterThanOrEqual(30);
  expect(latents.length).toBeLessThanOrEqual(60);
  expect(latents.filter((latent) => latent.kind === 'circular').length).toBeGreaterThan(0);
  expect(latents.filter((latent) => latent.unused).map((latent) => latent.name)).toEqual(['place_synonym']);
  for (const latent of latents) {
    if (latent.valueNames) expect(latent.valueNames.length, latent.name).toBeGreaterThanOrEqual(latent.values);
  }
});

describe.each(['train', 'heldout'] as const)('%s text', (split) => {
  const { tokens, values } = tally(split);

  test.each(latents.map((latent) => [latent.name, latent] as const))(
    '%s is neither rare nor common',
    (name, latent) => {
      for (let value = 1; value <= latent.values; value++) {
        let count = 0;
        for (const counts of values.get(name)!.values()) count += counts[value] ?? 0;
        expect(count / tokens, `value ${value}`).toBeGreaterThan(0.0045);
        expect(count / tokens, `value ${value}`).toBeLessThan(0.2);
      }
    },
  );

  test.each(latents.map((latent) => [latent.name, latent] as const))('%s differs on the same token', (name) => {
    let mixed = 0;
    let positive = 0;
    for (const counts of values.get(name)!.values()) {
      const total = counts.reduce((sum, count) => sum + (count ?? 0), 0);
      for (let value = 1; value < counts.length; value++) {
        const count = counts[value] ?? 0;
        positive += count;
        if (count < total) mixed += count;
      }
    }
    expect(mixed / positive).toBeGreaterThan(0.5);
  });

  test('spans lie inside the text, do not overlap within a latent, and keep to the hierarchy', () => {
    for (const document of corpora[split].slice(0, 400)) {
      const last = new Map<string, number>();
      for (const span of document.spans) {
        const latent = latents.find((entry) => entry.name === span.latent)!;
        expect(span.start).toBeGreaterThanOrEqual(last.get(span.latent) ?? 0);
        expect(span.end).toBeGreaterThan(span.start);
        expect(span.end).toBeLessThanOrEqual(document.text.length);
        expect(span.value).toBeGreaterThanOrEqual(1);
        expect(span.value).toBeLessThanOrEqual(latent.values);
        last.set(span.latent, span.end);
        if (latent.parent === undefined) continue;
        const parent = LATENTS.find((entry) => entry.name === latent.parent)!;
        for (const offset of [span.start, span.end - 1]) {
          expect(latentAt(document, parent.name, offset), span.latent).not.toBe(0);
        }
      }
    }
  });

  test('log-probabilities are those of choices made in the text, and sum up', () => {
    for (const document of corpora[split].slice(0, 400)) {
      const sum = document.choices.reduce((total, choice) => total + choice.logProbability, 0);
      expect(document.logProbability).toBeCloseTo(sum, 9);
      for (const choice of document.choices) {
        expect(choice.logProbability).toBeLessThan(0);
        expect(choice.offset).toBeLessThanOrEqual(document.text.length);
      }
    }
  });
});

test('equal texts come from equal choices: a text has one derivation', () => {
  const words = ['name', 'noun', 'adjective', 'town', 'digit', 'day', 'year', 'item', 'chant word', 'deed', 'building'];
  const forced = new Map(words.map((label) => [label, 0]));
  const known = new Map<string, string>();
  let repeats = 0;
  for (let index = 0; index < 12_000; index++) {
    const document = generateDocument(createRandom(3, index), 'heldout', forced);
    const derivation = JSON.stringify(document.choices);
    const before = known.get(document.text);
    if (before !== undefined) repeats++;
    expect(before ?? derivation, document.text).toBe(derivation);
    known.set(document.text, derivation);
  }
  expect(repeats).toBeGreaterThan(100);
});

test('held-out words never occur in training text, nor training words of open classes in held-out text', () => {
  const pools = Object.values(words).filter((value) => 'heldout' in value);
  const flat = (split: Split): string[] =>
    pools.flatMap((pool) => (pool[split] as readonly (string | readonly string[])[]).flat());
  const trained = new Set(flat('train'));
  const heldout = flat('heldout');
  expect(heldout.filter((word) => trained.has(word))).toEqual([]);
  const seen = new Set(corpora.train.flatMap((document) => document.text.match(/\p{L}+/gu) ?? []));
  expect(heldout.filter((word) => seen.has(word) || seen.has(`${word}s`))).toEqual([]);
});

test('a fifth of the words of open classes is coined, in few texts many; held-out text has none', () => {
  const count = (split: Split, pattern: RegExp): number[] =>
    corpora[split].map(({ choices }) => choices.filter(({ label }) => pattern.test(label)).length);
  const asked = count('train', / coined$/);
  const coined = count('train', /^coined part 0$/);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  expect(Math.abs(sum(coined) / sum(asked) - 0.2)).toBeLessThan(0.02);
  expect(coined.filter((n, i) => asked[i]! > 5 && n === 0).length / coined.length).toBeGreaterThan(0.3);
  expect(coined.filter((n, i) => asked[i]! > 5 && n > 0.8 * asked[i]!).length / coined.length).toBeGreaterThan(0.05);
  expect(sum(count('heldout', /coined/))).toBe(0);
});

test('word classes among which a chant chooses share no word, so the class is known from the word', () => {
  for (const split of ['train', 'heldout'] as const) {
    const classes = [words.ADJECTIVES, words.BEASTS, words.BIRDS, words.FRUITS, words.THINGS, words.TOOLS];
    const all = classes.flatMap((pool) => pool[split]);
    expect(new Set(all).size).toBe(all.length);
  }
});

test('the unused latent decides nothing: with it forced either way only the place word differs', () => {
  for (let index = 0; index < 200; index++) {
    const [common, rarer] = [0, 1].map((value) =>
      generateDocument(
        createRandom(4, index),
        'train',
        new Map([
          ['kind', 0],
          ['place synonym', value],
        ]),
      ),
    );
    const place = words.PLACES.find((entry) => rarer!.text.includes(`the ${entry.names[1]}.`))!;
    expect(common!.text).toBe(rarer!.text.replace(`the ${place.names[1]}.`, `the ${place.names[0]}.`));
  }
});

test.each([
  ['sadness', 'story', 0, 1],
  ['speaker', 'story', 0, 1],
  ['subject number', 'letter', 0, 1],
  ['formal', 'dialogue', 0, 1],
  ['month', 'letter', 1, 7],
  ['old century', 'diary', 0, 1],
  ['magnitude', 'measures', 0, 2],
  ['place', 'story', 0, 7],
] as const)('choice "%s" in a %s decides more than the word that shows it', (label, kind, low, high) => {
  const number = DOCUMENT_KINDS.findIndex((entry) => entry.name === kind);
  let later = 0;
  for (let index = 0; index < 100; index++) {
    const [a, b] = [low, high].map((value) =>
      pretokens(
        generateDocument(
          createRandom(8, index),
          'train',
          new Map([
            ['kind', number],
            [label, value],
          ]),
        ).text,
      ),
    );
    const differing = a!.filter((token, at) => b![at] !== token).length;
    if (differing > 1) later++;
  }
  expect(later).toBeGreaterThan(25);
});
