/**
 * The tokenizer's own encoding, written again so that millions of training tokens need no native call. A test holds it
 * equal to Hugging Face's tokenizer.
 */
import { z } from 'zod';
import { parseJsonShape } from '../formats/json.ts';
import { BOS_TOKEN, byteAlphabet, EOS_TOKEN, pretokens } from './bpe.ts';

/** Text to ids, without BOS and EOS. */
export interface Encoder {
  readonly bos: number;
  readonly eos: number;
  readonly d_vocab: number;
  encode(text: string): number[];
}

const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    vocab: z.record(z.string(), z.int().nonnegative()),
    merges: z.array(z.tuple([z.string(), z.string()])),
  }),
});

/** Reads a `tokenizer.json` that `bpe.ts` wrote. @throws corrupt-file. */
export function bpeEncoder(json: string, path: string): Encoder {
  const { vocab, merges } = parseJsonShape(tokenizerSchema, json, path).model;
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  const alphabet = byteAlphabet();
  const known = new Map<string, readonly number[]>();
  const utf8 = new TextEncoder();
  const split = (piece: string): number[] => {
    const symbols = [...utf8.encode(piece)].map((byte) => alphabet[byte]!);
    for (;;) {
      let best = -1;
      let lowest = Number.POSITIVE_INFINITY;
      for (let i = 0; i + 1 < symbols.length; i++) {
        const rank = ranks.get(`${symbols[i]} ${symbols[i + 1]}`);
        if (rank === undefined || rank >= lowest) continue;
        best = i;
        lowest = rank;
      }
      if (best < 0) return symbols.map((symbol) => vocab[symbol]!);
      symbols.splice(best, 2, symbols[best]! + symbols[best + 1]!);
    }
  };
  const whole = (piece: string): readonly number[] => {
    const ids = known.get(piece) ?? split(piece);
    known.set(piece, ids);
    return ids;
  };
  return {
    bos: vocab[BOS_TOKEN]!,
    eos: vocab[EOS_TOKEN]!,
    d_vocab: Object.keys(vocab).length,
    encode: (text) => pretokens(text).flatMap(whole),
  };
}
