import { Tokenizer } from 'tokenizers';
import { expect, test } from 'vitest';
import { byteAlphabet, pretokens, trainTokenizer } from '../../server/src/tinyworld/bpe.ts';
import { corpusDocument } from '../../server/src/tinyworld/sample.ts';

const texts = Array.from({ length: 400 }, (_, index) => corpusDocument(2, 'train', index).text);
const trained = trainTokenizer(texts, 700) as { model: { vocab: Record<string, number> } };
const tokenizer = Tokenizer.fromString(JSON.stringify(trained));

test('training is a function of the texts', () => {
  expect(trainTokenizer(texts, 700)).toEqual(trained);
  expect(Object.keys(trained.model.vocab)).toHaveLength(700);
  expect(new Set(byteAlphabet()).size).toBe(256);
});

test('any text comes back from its tokens, the first of which is the BOS token', async () => {
  const others = ['À Tarn, naïve 𝔘nicode 👩‍🚀\r\n\ttabs', '', '   ', ...texts.slice(0, 50)];
  for (const text of others) {
    const ids = (await tokenizer.encode(text)).getIds();
    expect(ids[0]).toBe(0);
    expect(await tokenizer.decode(ids, true)).toBe(text);
  }
});

test('tokens never cross the ends of pre-tokens, and digits stand alone', async () => {
  for (const text of texts.slice(0, 100)) {
    const encoding = await tokenizer.encode(text);
    const ends = new Set(encoding.getOffsets().map(([, end]) => end));
    let end = 0;
    for (const piece of pretokens(text)) {
      end += [...piece].length;
      expect(ends.has(end), `${JSON.stringify(piece)} in ${text}`).toBe(true);
    }
    for (const token of encoding.getTokens()) if (/\d/.test(token)) expect(token).toHaveLength(1);
  }
});

test('sizes that cannot be reached are refused', () => {
  expect(() => trainTokenizer(['ab'], 300)).toThrow(/give 259 tokens; expected 300/);
  expect(() => trainTokenizer(texts, 100)).toThrow(/at least 258/);
});
