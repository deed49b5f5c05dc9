/** Texts for measuring: tokens of whole documents with the answer to every question, kept as lists of rows. */
import { SondeError } from '../../core/errors.ts';
import { readText } from '../../files/file-reader.ts';
import { parseJson } from '../../formats/json.ts';
import { byteAlphabet } from '../bpe.ts';
import type { Split } from '../derivation.ts';
import type { Encoder } from '../encode.ts';
import { corpusDocument, type TinyworldDocument } from '../sample.ts';
import { QUESTIONS } from './questions.ts';

/** A row is one token that is not BOS or EOS. */
export interface MeasuredText {
  /** Ids of each document, BOS first, EOS last, cut at the context. */
  readonly sequences: readonly (readonly number[])[];
  readonly rows: number;
  /** [rows]: token; position; number of its document. */
  readonly tokens: Int32Array;
  readonly positions: Int32Array;
  readonly documents: Int32Array;
  /** Rows on which the answer is yes, ascending, by question. */
  readonly positives: readonly Int32Array[];
}

export interface TextPlan {
  readonly seed: number;
  readonly split: Split;
  readonly first: number;
  /** Documents are added until so many rows are there and every question has so many positives, or `maxRows` is passed. */
  readonly minRows: number;
  readonly minPositives: number;
  readonly maxRows: number;
  readonly n_ctx: number;
}

/** Makes the text of a plan. */
export function measureText(encoder: Encoder, sizes: Uint8Array, plan: TextPlan): MeasuredText {
  const sequences: number[][] = [];
  const tokens: number[] = [];
  const positions: number[] = [];
  const documents: number[] = [];
  const positives: number[][] = QUESTIONS.map(() => []);
  const enough = (): boolean =>
    tokens.length >= plan.maxRows ||
    (tokens.length >= plan.minRows && positives.every((rows) => rows.length >= plan.minPositives));
  for (let index = plan.first; !enough(); index++) {
    const document = corpusDocument(plan.seed, plan.split, index);
    const ids = encoder.encode(document.text);
    const kept = Math.min(ids.length, plan.n_ctx - 1);
    const values = valuesOf(document);
    tokenEnds(document.text, ids, sizes).forEach((end, i) => {
      if (i >= kept) return;
      const row = tokens.length;
      tokens.push(ids[i]!);
      positions.push(i + 1);
      documents.push(sequences.length);
      QUESTIONS.forEach(({ latent, value }, question) => {
        const found = values.get(latent)?.[end] ?? 0;
        if (value === null ? found > 0 : found === value) positives[question]!.push(row);
      });
    });
    sequences.push([encoder.bos, ...ids, encoder.eos].slice(0, plan.n_ctx));
  }
  return {
    sequences,
    rows: tokens.length,
    tokens: Int32Array.from(tokens),
    positions: Int32Array.from(positions),
    documents: Int32Array.from(documents),
    positives: positives.map((rows) => Int32Array.from(rows)),
  };
}

/** Bytes of every token of a `tokenizer.json` with a byte-level vocabulary. @throws corrupt-file. */
export function tokenSizes(path: string): Uint8Array {
  const vocab = (parseJson(readText(path), path) as { model?: { vocab?: Record<string, number> } }).model?.vocab;
  if (!vocab) throw new SondeError('corrupt-file', `${path} has no model.vocab; expected a byte-level tokenizer.`);
  const known = new Set(byteAlphabet());
  const sizes = new Uint8Array(Object.keys(vocab).length);
  for (const [token, id] of Object.entries(vocab)) {
    const symbols = [...token];
    sizes[id] = symbols.every((symbol) => known.has(symbol)) ? symbols.length : 0;
  }
  return sizes;
}

/** UTF-16 offset of the last character of each token: the latents hold there. */
function tokenEnds(text: string, ids: readonly number[], sizes: Uint8Array): number[] {
  const at: number[] = [];
  for (let offset = 0; offset < text.length; offset++) {
    const code = text.charCodeAt(offset);
    for (let byte = code < 0x80 ? 1 : code < 0x800 ? 2 : 3; byte > 0; byte--) at.push(offset);
  }
  let bytes = 0;
  return ids.map((id) => {
    bytes += sizes[id]!;
    return at[bytes - 1] ?? text.length - 1;
  });
}

function valuesOf({ text, spans }: TinyworldDocument): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (const { latent, value, start, end } of spans) {
    const line = values.get(latent) ?? new Uint8Array(text.length);
    line.fill(value, start, end);
    values.set(latent, line);
  }
  return values;
}
