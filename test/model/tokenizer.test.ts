import { describe, expect, it } from 'vitest';
import type { EncodedText, TextTokenizer } from '../../server/src/model/tokenizer/tokenizer.ts';
import { openTokenizer } from '../../server/src/model/tokenizer/tokenizer.ts';
import { byteLevel, type FolderFiles, sentencePiece, withFolder, wordPiece } from './tokenizer-folders.ts';

const NFC = { normalizer: { type: 'NFC' } };
const METASPACE = {
  normalizer: null,
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true },
};
const PREFIX_SPACE = {
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
};

const open = (tokenizer: object, others: FolderFiles = {}): Promise<TextTokenizer> =>
  withFolder({ 'tokenizer.json': tokenizer, ...others }, openTokenizer);

/** Each token as `piece=text it covers`, partial ones marked with `~`. */
async function shown(tokenizer: TextTokenizer, text: string): Promise<string[]> {
  const { ids, spans, partial } = await tokenizer.encode(text, { bos: false });
  return ids.map((id, i) => {
    const { start, end } = spans[i]!;
    return `${partial[i] ? '~' : ''}${tokenizer.tokenText(id)}=${text.slice(start, end)}`;
  });
}

describe('spans', () => {
  const cases: [string, object, string, string[]][] = [
    ['words with their spaces', byteLevel(), 'hello world', ['hello=hello', ' wor= wor', 'l=l', 'd=d']],
    ['emoji over four bytes', byteLevel(), 'a😀b', ['a=a', '~\\xF0\\x9F=😀', '~\\x98=😀', '~\\x80=😀', 'b=b']],
    [
      'a space and half a character',
      byteLevel(),
      'a 😀',
      ['a=a', '~ \\xF0= 😀', '~\\x9F=😀', '~\\x98=😀', '~\\x80=😀'],
    ],
    ['a combining mark', byteLevel(), 'e\u0301x', ['e=e', '~\\xCC=\u0301', '~\\x81=\u0301', 'x=x']],
    ['a composed mark', byteLevel(NFC), 'e\u0301x', ['é=e\u0301', 'x=x']],
    [
      'a composed syllable',
      byteLevel(NFC),
      '\u1100\u1161\u11a8z',
      ['~\\xEA=\u1100\u1161\u11a8', '~\\xB0=\u1100\u1161\u11a8', '~\\x81=\u1100\u1161\u11a8', 'z=z'],
    ],
    ['a composed mark at the end', byteLevel(NFC), 'xe\u0301', ['x=x', 'é=e\u0301']],
    ['CRLF', byteLevel(), 'a\r\nb', ['a=a', '\r=\r', '\n=\n', 'b=b']],
    ['a prefix space of no character', byteLevel(PREFIX_SPACE), 'a', [' =', 'a=a']],
    ['lower-casing', byteLevel({ normalizer: { type: 'Lowercase' } }), 'HELLO', ['hello=HELLO']],
    [
      'one character lower-cased into two',
      byteLevel({ normalizer: { type: 'Lowercase' } }),
      'İx',
      ['~i=İ', '~\\xCC=İ', '~\\x87=İ', 'x=x'],
    ],
    [
      'a prepended space in a piece',
      sentencePiece(),
      'hello world',
      [' hello=hello', ' w= w', 'o=o', 'r=r', 'l=l', 'd=d'],
    ],
    ['a prepended space alone', sentencePiece(), 'ab', [' =', 'a=a', 'b=b']],
    ['a prepended and a real space', sentencePiece(), ' ab', ['  = ', 'a=a', 'b=b']],
    ['byte fallback', sentencePiece(), 'a😀', [' =', 'a=a', '~\\xF0=😀', '~\\x9F=😀', '~\\x98=😀', '~\\x80=😀']],
    ['ASCII by byte fallback', sentencePiece(), 'aZ', [' =', 'a=a', 'Z=Z']],
    ['special tokens in the text', sentencePiece(), 'a<eos>b', [' =', 'a=a', '<eos>=<eos>', ' =', 'b=b']],
    ['a metaspace pre-tokenizer', sentencePiece(METASPACE), 'ab a', [' =', 'a=a', 'b=b', ' = ', 'a=a']],
    [
      'white space outside all tokens',
      wordPiece(),
      ' Hello  worlds!',
      ['hello=Hello', 'wor=wor', 'ld=ld', 's=s', '!=!'],
    ],
    ['accents stripped with lower case', wordPiece(), 'Cafe\u0301 a', ['cafe=Cafe\u0301', 'a=a']],
  ];
  it.each(cases)('%s', async (_, json, text, expected) => {
    expect(await shown(await open(json), text)).toEqual(expected);
  });

  it('hold for random text', async () => {
    const alphabet = [
      ...'hello wor  \r\n\té',
      'e\u0301',
      '😀',
      '👩‍👩‍👧',
      'ﬁ',
      '가',
      '\u1100\u1161',
      '\u0301',
      '日',
      '▁',
      '\u00a0',
    ];
    const random = mulberry(7);
    for (const json of [
      byteLevel(),
      byteLevel(NFC),
      byteLevel(PREFIX_SPACE),
      sentencePiece(),
      sentencePiece(METASPACE),
    ]) {
      const tokenizer = await open(json);
      for (let round = 0; round < 300; round++) {
        const length = Math.floor(random() * 12);
        const text = Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
        checkSpans(text, await tokenizer.encode(text, { bos: false }), tokenizer);
      }
    }
  });
});

/** Spans are monotone, cover the whole text, cut no surrogate pair, and whole tokens spell what they cover. */
function checkSpans(text: string, { ids, spans, partial }: EncodedText, tokenizer: TextTokenizer): void {
  const label = JSON.stringify(text);
  let reach = 0;
  for (const [i, { start, end }] of spans.entries()) {
    expect(start, label).toBeLessThanOrEqual(reach);
    expect(start, label).toBeGreaterThanOrEqual(spans[i - 1]?.start ?? 0);
    expect(end, label).toBeGreaterThanOrEqual(reach);
    const covered = text.slice(start, end);
    expect(/\p{Surrogate}/u.test(covered), label).toBe(false);
    const spelled = tokenizer.tokenText(ids[i]!);
    const same = spelled.normalize('NFC') === covered.normalize('NFC').replaceAll('▁', ' ');
    // A piece may begin with a space that the tokenizer put there; the rest is the text.
    if (!partial[i])
      expect(same || spelled.slice(1) === covered.normalize('NFC').replaceAll('▁', ' '), label).toBe(true);
    reach = end;
  }
  expect(reach, label).toBe(text.length);
}

describe('BOS', () => {
  it('follows the template and the config', async () => {
    expect(await open(sentencePiece())).toMatchObject({ bosId: 1, eosId: null, addsBos: true, nVocab: 278 });
    const config = { bos_token: { content: '<bos>' }, eos_token: '<eos>', add_bos_token: false };
    expect(await open(sentencePiece(), { 'tokenizer_config.json': config })).toMatchObject({
      bosId: 1,
      eosId: 2,
      addsBos: false,
    });
    expect(await open(byteLevel(), { 'special_tokens_map.json': { bos_token: '<|end|>' } })).toMatchObject({
      bosId: 0,
      addsBos: false,
    });
    expect(await open(byteLevel(), { 'config.json': { eos_token_id: [0, 5] } })).toMatchObject({
      bosId: null,
      eosId: 0,
    });
  });

  it('has an empty span, only when asked for', async () => {
    const tokenizer = await open(sentencePiece());
    const { ids, spans, special, doubledBos } = await tokenizer.encode('hello', { bos: true });
    expect({ ids: ids.map(tokenizer.tokenText), spans, special, doubledBos }).toEqual({
      ids: ['<bos>', ' hello'],
      spans: [
        { start: 0, end: 0 },
        { start: 0, end: 5 },
      ],
      special: [true, false],
      doubledBos: false,
    });
    expect((await tokenizer.encode('', { bos: true })).ids).toEqual([1]);
    expect((await tokenizer.encode('', { bos: false })).ids).toEqual([]);
  });

  it('is reported when the text repeats it', async () => {
    const tokenizer = await open(sentencePiece());
    expect(await tokenizer.encode('<bos>hello', { bos: true })).toMatchObject({ ids: [1, 1, 275], doubledBos: true });
    expect(await tokenizer.encode('<bos>hello', { bos: false })).toMatchObject({
      special: [true, false],
      doubledBos: false,
    });
  });

  it('is refused where there is none', async () => {
    await expect((await open(wordPiece())).encode('a', { bos: true })).rejects.toMatchObject({
      kind: 'invalid-params',
    });
  });
});

describe('text', () => {
  it('round-trips through decode', async () => {
    for (const json of [byteLevel(), sentencePiece()]) {
      const tokenizer = await open(json);
      const text = 'hello wörld 😀\r\n  e\u0301';
      expect(await tokenizer.decode((await tokenizer.encode(text, { bos: false })).ids)).toBe(text);
    }
    await expect((await open(byteLevel())).decode([1e6])).rejects.toMatchObject({ kind: 'unknown-token' });
  });

  it('of ids without a piece says so', async () => {
    const tokenizer = await open(byteLevel());
    expect([5000, -1, 0.5].map(tokenizer.tokenText)).toEqual(['<no token 5000>', '<no token -1>', '<no token 0.5>']);
  });

  it('is neither cut nor encoded at random, whatever the file says', async () => {
    const tokenizer = await open(byteLevel());
    const ids = new Set<string>();
    for (let round = 0; round < 20; round++)
      ids.add((await tokenizer.encode('hello hello hello hello', { bos: false })).ids.join());
    expect(ids.size).toBe(1);
    expect([...ids][0]!.split(',')).toHaveLength(7);
  });

  it('with a lone surrogate is refused at its offset', async () => {
    const tokenizer = await open(byteLevel());
    const offset = (text: string) =>
      tokenizer.encode(text, { bos: false }).catch((error) => [error.kind, error.data.offset]);
    expect(await offset('😀\ud83d')).toEqual(['invalid-text', 2]);
    expect(await offset('a\ude00b')).toEqual(['invalid-text', 1]);
    await expect(tokenizer.encode('x'.repeat(2 ** 22 + 1), { bos: false })).rejects.toMatchObject({
      kind: 'too-large',
    });
  });
});

describe('files', () => {
  it('give the chat template', async () => {
    const templates = [
      { name: 'tool', template: 'T' },
      { name: 'default', template: 'D' },
    ];
    const of = async (others: FolderFiles) => (await open(byteLevel(), others)).chatTemplate;
    expect(await of({})).toBe(null);
    expect(await of({ 'tokenizer_config.json': { chat_template: 'C' } })).toBe('C');
    expect(await of({ 'tokenizer_config.json': { chat_template: templates } })).toBe('D');
    expect(await of({ 'tokenizer_config.json': { chat_template: 'C' }, 'chat_template.jinja': 'J' })).toBe('J');
  });

  const broken: [string, FolderFiles, string, RegExp][] = [
    ['missing', {}, 'file-not-found', /no tokenizer\.json.*save_pretrained/],
    ['cut off', { 'tokenizer.json': JSON.stringify(byteLevel()).slice(0, 500) }, 'corrupt-file', /not valid JSON/],
    ['of another kind', { 'tokenizer.json': { model: { type: 'Nope' } } }, 'corrupt-file', /tokenizers library/],
    ['without a model', { 'tokenizer.json': { version: '1.0' } }, 'corrupt-file', /"model"/],
    ['not UTF-8', { 'tokenizer.json': Uint8Array.of(0x7b, 0xff) }, 'corrupt-file', /UTF-8/],
    [
      'with a wrong config',
      { 'tokenizer.json': byteLevel(), 'tokenizer_config.json': { bos_token: 5 } },
      'corrupt-file',
      /bos_token/,
    ],
  ];
  it.each(broken)('%s are refused', async (_, files, kind, message) => {
    const error = await withFolder(files, openTokenizer).catch((reason) => reason);
    expect(error).toMatchObject({ kind });
    expect(error.message).toMatch(message);
  });
});

/** Seeded random numbers in [0, 1). */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
