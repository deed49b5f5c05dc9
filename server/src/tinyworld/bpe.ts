/**
 * Byte-pair encoding: learns the merges from text and writes them as a Hugging Face `tokenizer.json`. Every digit is a
 * token of its own, punctuation never joins a word, and no token spans two pre-tokens, so latent spans end on tokens.
 * Source: Sennrich et al. 2016 (arXiv:1508.07909) over the bytes of GPT-2's alphabet; ties go to the pair that sorts
 * first, so the result depends on the text alone.
 */
import { SondeError } from '../core/errors.ts';

/** What a merge never crosses: words with the space before them, single digits, single signs, runs of line ends or spaces. */
export const PRETOKEN_PATTERN = ' ?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]|\\n+| +(?= )|\\s';

/** Ids 0 and 1: the first token of every document and the last. */
export const BOS_TOKEN = '<|bos|>';
export const EOS_TOKEN = '<|eos|>';

/** Pieces of a text between which no merge happens. */
export function pretokens(text: string): string[] {
  return text.match(new RegExp(PRETOKEN_PATTERN, 'gu')) ?? [];
}

/**
 * The content of a `tokenizer.json` with `size` tokens: two special ones, the 256 bytes, then merges.
 * @throws invalid-params when the size is too small or the texts offer too few pairs to merge.
 */
export function trainTokenizer(texts: Iterable<string>, size: number): object {
  const alphabet = byteAlphabet();
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const piece of pretokens(text)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  const words = [...counts].map(([piece, count]) => ({
    symbols: [...new TextEncoder().encode(piece)].map((byte) => alphabet[byte]!),
    count,
  }));
  const vocabulary = [BOS_TOKEN, EOS_TOKEN, ...alphabet];
  const merges: [string, string][] = [];
  while (vocabulary.length < size) {
    const best = mostFrequentPair(words);
    if (best === null) {
      throw new SondeError('invalid-params', `The texts give ${vocabulary.length} tokens; expected ${size}.`);
    }
    merges.push(best);
    vocabulary.push(best[0] + best[1]);
    for (const word of words) word.symbols = merged(word.symbols, best);
  }
  if (vocabulary.length > size) {
    throw new SondeError('invalid-params', `Found size ${size}; expected at least ${vocabulary.length} tokens.`);
  }
  return tokenizerJson(vocabulary, merges);
}

/** Printable stand-ins for the 256 bytes, by byte (GPT-2's bytes_to_unicode). */
export function byteAlphabet(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

function mostFrequentPair(words: readonly { symbols: string[]; count: number }[]): [string, string] | null {
  const pairs = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let i = 1; i < symbols.length; i++) {
      const key = `${symbols[i - 1]} ${symbols[i]}`;
      pairs.set(key, (pairs.get(key) ?? 0) + count);
    }
  }
  let best: string | null = null;
  let most = 0;
  for (const [key, count] of pairs) {
    if (count < most || (count === most && best !== null && key > best)) continue;
    best = key;
    most = count;
  }
  if (best === null) return null;
  const [left, right] = best.split(' ');
  return [left!, right!];
}

function merged(symbols: string[], [left, right]: readonly [string, string]): string[] {
  const result: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    const joins = symbols[i] === left && symbols[i + 1] === right;
    result.push(joins ? left + right : symbols[i]!);
    if (joins) i++;
  }
  return result;
}

function tokenizerJson(vocabulary: readonly string[], merges: readonly [string, string][]): object {
  const special = [BOS_TOKEN, EOS_TOKEN].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const sequence = (id: 'A' | 'B', type: number) => [
    { SpecialToken: { id: BOS_TOKEN, type_id: type } },
    { Sequence: { id, type_id: type } },
  ];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special,
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: PRETOKEN_PATTERN }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: sequence('A', 0),
      pair: [...sequence('A', 0), ...sequence('B', 1)],
      special_tokens: { [BOS_TOKEN]: { id: BOS_TOKEN, ids: [0], tokens: [BOS_TOKEN] } },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      merges,
    },
  };
}
