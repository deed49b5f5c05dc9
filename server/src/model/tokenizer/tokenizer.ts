/**
 * Text to token ids with exact UTF-16 spans, and back. Hugging Face's own Rust tokenizers do the work.
 * Invariants: one span per id; spans are monotone; BOS is added here alone, never by the tokenizer's own
 * post-processor, so that each caller decides; nothing is truncated or padded.
 * Special tokens written out in the text ("<bos>", "<|endoftext|>") are parsed as those tokens, as transformers does;
 * `special` marks them, and `doubledBos` tells when that repeats the BOS that was asked for.
 */
import { Tokenizer, templateProcessing } from 'tokenizers';
import { SondeError } from '../../core/errors.ts';
import { MAX_TEXT_LENGTH } from '../../core/limits.ts';
import { pieceScheme, pieceText } from './pieces.ts';
import { checkWellFormed, exactSpans, partialTokens, type TokenSpan } from './spans.ts';
import { readTokenizerFiles, type TokenizerFiles } from './tokenizer-files.ts';

/** A text as tokens; all arrays have one entry per token. */
export interface EncodedText {
  readonly ids: readonly number[];
  /** UTF-16 ranges of the text; BOS has an empty one at 0. Tokens that make up one character share its span. */
  readonly spans: readonly TokenSpan[];
  /** Whether the token is a mark (BOS and the like) rather than text. */
  readonly special: readonly boolean[];
  /** Whether the token shares a character with a neighbour. */
  readonly partial: readonly boolean[];
  /** BOS was added before a text that begins with BOS itself: every position is one off. */
  readonly doubledBos: boolean;
}

export interface TextTokenizer {
  /** Tokens that have a piece, added ones included; the model's d_vocab may be larger (padding) or smaller. */
  readonly nVocab: number;
  readonly bosId: number | null;
  readonly eosId: number | null;
  /** Whether the tokenizer's own convention puts BOS before a text. */
  readonly addsBos: boolean;
  /** Jinja source of the chat template. */
  readonly chatTemplate: string | null;
  /**
   * Encodes a text; an empty one gives no tokens, or BOS alone.
   * @throws invalid-text for a lone surrogate; too-large; invalid-params for `bos` where the tokenizer has none.
   */
  encode(text: string, options: { readonly bos: boolean }): Promise<EncodedText>;
  /** Text of ids, special tokens included, as the tokenizer's decoder writes it. @throws unknown-token. */
  decode(ids: readonly number[]): Promise<string>;
  /** Readable text of one token: spaces as spaces, broken bytes as `\xNN`; ids without a piece as `<no token 7>`. */
  tokenText(id: number): string;
}

/**
 * Opens the tokenizer of a checkpoint folder.
 * @throws file-not-found without tokenizer.json, with the remedy; corrupt-file when it cannot be read as one.
 */
export async function openTokenizer(folder: string): Promise<TextTokenizer> {
  const files = readTokenizerFiles(folder);
  const tokenizer = load(files);
  const prefix = await templatePrefix(tokenizer);
  // The neutral template keeps a ByteLevel post-processor from cutting spaces out of the offsets.
  tokenizer.setPostProcessor(templateProcessing('$A'));
  const bosId = idOf(tokenizer, files.bosToken) ?? prefix[0] ?? files.configIds.bos;
  const scheme = pieceScheme(files.decoder);
  // Asked for every token of every trace; at most the vocabulary.
  const texts = new Map<number, string>();
  const tokenText = (id: number): string => {
    const added = files.added.get(id);
    if (added) return added.content;
    const known = texts.get(id);
    if (known !== undefined) return known;
    const piece = Number.isSafeInteger(id) && id >= 0 && id < 2 ** 32 ? tokenizer.idToToken(id) : null;
    if (piece === null) return `<no token ${id}>`;
    const text = pieceText(piece, scheme);
    texts.set(id, text);
    return text;
  };
  return {
    nVocab: tokenizer.getVocabSize(true),
    bosId,
    eosId: idOf(tokenizer, files.eosToken) ?? files.configIds.eos,
    addsBos: bosId !== null && (files.addsBos ?? prefix.includes(bosId)),
    chatTemplate: files.chatTemplate,
    tokenText,
    async encode(text, { bos }) {
      checkText(text);
      const encoding = await tokenizer.encode(text, null, { addSpecialTokens: false });
      const ids = encoding.getIds();
      const spans = exactSpans(text, encoding.getOffsets(), (index) => tokenText(ids[index]!) === ' ');
      const body = { ids, spans, special: ids.map((id) => files.added.get(id)?.special ?? false) };
      const partial = partialTokens(spans);
      if (!bos) return { ...body, partial, doubledBos: false };
      if (bosId === null) {
        throw new SondeError('invalid-params', `The tokenizer in ${folder} has no BOS token; encode without it.`, {
          path: files.path,
          expected: 'bos: false',
        });
      }
      return {
        ids: [bosId, ...ids],
        spans: [{ start: 0, end: 0 }, ...spans],
        special: [true, ...body.special],
        partial: [false, ...partial],
        doubledBos: ids[0] === bosId,
      };
    },
    async decode(ids) {
      for (const id of ids) checkId(tokenizer, id);
      return tokenizer.decode([...ids], false);
    },
  };
}

function load(files: TokenizerFiles): Tokenizer {
  try {
    const tokenizer = Tokenizer.fromString(files.json);
    tokenizer.disableTruncation();
    tokenizer.disablePadding();
    return tokenizer;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SondeError(
      'corrupt-file',
      `${files.path} is not a tokenizer that the tokenizers library can read (${reason}). Download it again.`,
      { path: files.path, found: reason, expected: 'a tokenizer.json' },
      cause,
    );
  }
}

/** Ids that the tokenizer's own post-processor puts before a text. */
async function templatePrefix(tokenizer: Tokenizer): Promise<number[]> {
  const encoding = await tokenizer.encode('a', null, { addSpecialTokens: true });
  const mask = encoding.getSpecialTokensMask();
  const length = mask.indexOf(0);
  return encoding.getIds().slice(0, length < 0 ? mask.length : length);
}

function idOf(tokenizer: Tokenizer, token: string | null): number | null {
  return token === null ? null : tokenizer.tokenToId(token);
}

function checkText(text: string): void {
  if (text.length > MAX_TEXT_LENGTH) {
    throw new SondeError(
      'too-large',
      `The text has ${text.length} UTF-16 units; at most ${MAX_TEXT_LENGTH} are read. Split it.`,
      { found: text.length, expected: MAX_TEXT_LENGTH },
    );
  }
  checkWellFormed(text);
}

function checkId(tokenizer: Tokenizer, id: number): void {
  const known = Number.isSafeInteger(id) && id >= 0 && id < 2 ** 32 && tokenizer.idToToken(id) !== null;
  if (known) return;
  throw new SondeError('unknown-token', `There is no token ${id}; ids are below ${tokenizer.getVocabSize(true)}.`, {
    found: id,
    expected: tokenizer.getVocabSize(true),
  });
}
