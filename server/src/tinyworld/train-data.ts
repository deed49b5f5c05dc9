/** Training rows from the generator: a function of the seed and the number of the next document alone. */
import { int64, type Tensor } from '../core/tensor.ts';
import type { TokenSource } from '../training/dictionary/activations.ts';
import type { Split } from './derivation.ts';
import type { Encoder } from './encode.ts';
import { corpusDocument } from './sample.ts';

/** Documents of the training split from here on are never trained on: same words and templates, unseen texts. */
export const FIRST_UNSEEN = 1_000_000;

/** Document `index` as ids, BOS first and EOS last. */
export function documentIds(encoder: Encoder, seed: number, split: Split, index: number): number[] {
  return [encoder.bos, ...encoder.encode(corpusDocument(seed, split, index).text), encoder.eos];
}

/**
 * `rows` rows of `width` ids from document `first` on: each row starts with a document, goes on with the next ones and
 * is cut at its end. Returns the rows and the number of the next document.
 */
export function packedRows(
  encoder: Encoder,
  seed: number,
  first: number,
  rows: number,
  width: number,
): { readonly rows: number[][]; readonly next: number } {
  let next = first;
  const made = Array.from({ length: rows }, () => {
    const row: number[] = [];
    while (row.length < width) row.push(...documentIds(encoder, seed, 'train', next++));
    return row.slice(0, width);
  });
  return { rows: made, next };
}

/** Inputs and targets of a training step from rows of one id more than positions. */
export function shiftedFeeds(rows: readonly (readonly number[])[]): Record<string, Tensor> {
  const shape = [rows.length, rows[0]!.length - 1];
  return {
    tokens: int64(
      shape,
      rows.flatMap((row) => row.slice(0, -1)),
    ),
    targets: int64(
      shape,
      rows.flatMap((row) => row.slice(1)),
    ),
  };
}

/** Whole documents of the training split from `first` on as rows for dictionaries, cut at the context's length. */
export function documentSource(encoder: Encoder, seed: number, first: number, length: number): TokenSource {
  return {
    row: (index) => documentIds(encoder, seed, 'train', first + index).slice(0, length),
    special: new Set([encoder.bos, encoder.eos]),
  };
}
