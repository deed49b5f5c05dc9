/** Small tokenizer folders of the three kinds that checkpoints carry, built in memory and written to a temporary folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byteLevelAlphabet } from 'tokenizers';

export interface FolderFiles {
  readonly [name: string]: unknown;
}

/** Runs `use` with a folder that holds the files (objects as JSON, text as it is), and removes it afterwards. */
export async function withFolder<T>(files: FolderFiles, use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-test-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), isRaw(content) ? content : JSON.stringify(content));
    }
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function isRaw(content: unknown): content is string | Uint8Array {
  return typeof content === 'string' || content instanceof Uint8Array;
}

interface Change {
  readonly normalizer?: unknown;
  readonly pre_tokenizer?: unknown;
  readonly post_processor?: unknown;
}

/** GPT-2's kind: byte-level BPE with a few merges; `<|end|>` (id 0) is BOS and EOS. */
export function byteLevel(change: Change = {}): object {
  const vocab: Record<string, number> = { '<|end|>': 0 };
  for (const char of byteLevelAlphabet()) vocab[char] = Object.keys(vocab).length;
  const merges = merge(vocab, ['h e', 'l l', 'he ll', 'hell o', 'Ġ w', 'o r', 'Ġw or', 'Ã ©', 'Ġ ð', 'ð Ł', 'Ġ Ġ']);
  return {
    ...SHELL,
    added_tokens: [added(0, '<|end|>')],
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { ...BPE, vocab, merges },
    ...change,
  };
}

/** Llama 2's and Gemma's kind: spaces as ▁, unknown characters as bytes, `<bos>` (id 1) put before a text. */
export function sentencePiece(change: Change = {}): object {
  const vocab: Record<string, number> = { '<unk>': 0, '<bos>': 1, '<eos>': 2 };
  for (let byte = 0; byte < 256; byte++) {
    vocab[`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`] = Object.keys(vocab).length;
  }
  for (const char of '▁abcdehlorw\n') vocab[char] = Object.keys(vocab).length;
  const merges = merge(vocab, ['h e', 'l l', 'he ll', 'hell o', '▁ hello', '▁ w', '▁ ▁']);
  const bos = { SpecialToken: { id: '<bos>', type_id: 0 } };
  const sequence = (id: string) => ({ Sequence: { id, type_id: 0 } });
  return {
    ...SHELL,
    added_tokens: [added(0, '<unk>'), added(1, '<bos>'), added(2, '<eos>')],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [bos, sequence('A')],
      pair: [bos, sequence('A'), sequence('B')],
      special_tokens: { '<bos>': { id: '<bos>', ids: [1], tokens: ['<bos>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: { ...BPE, unk_token: '<unk>', fuse_unk: true, byte_fallback: true, vocab, merges },
    ...change,
  };
}

/** BERT's kind: lower-cased words cut into pieces; white space belongs to no token. */
export function wordPiece(): object {
  const words = ['[UNK]', '[CLS]', 'hello', 'wor', '##ld', '##s', 'a', '##e', 'cafe', '!'];
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  return {
    ...SHELL,
    added_tokens: [added(0, '[UNK]'), added(1, '[CLS]')],
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

const SHELL = {
  version: '1.0',
  truncation: { direction: 'Right', max_length: 3, strategy: 'LongestFirst', stride: 0 },
  padding: null,
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
};

const BPE = {
  type: 'BPE',
  dropout: 0.5,
  unk_token: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
  ignore_merges: false,
};

function added(id: number, content: string): object {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

/** Adds the merged pieces to the vocabulary and returns the merges as pairs. */
function merge(vocab: Record<string, number>, merges: readonly string[]): string[][] {
  return merges.map((pair) => {
    vocab[pair.replace(' ', '')] = Object.keys(vocab).length;
    return pair.split(' ');
  });
}
