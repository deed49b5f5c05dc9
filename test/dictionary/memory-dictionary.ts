/** Dictionaries made of arrays, for tests that need a known one. */

import { atOnce } from '../../server/src/core/turn.ts';
import type { Dictionary } from '../../server/src/dictionary/dictionary.ts';
import { rowNorms } from '../../server/src/dictionary/loaders/matrices.ts';

type Fields = Pick<Dictionary, 'd_in' | 'd_sae'> & Partial<Dictionary>;

/** A float32 tensor in memory. */
export function source(shape: readonly number[], data: Float32Array) {
  return { kind: 'memory', dtype: 'float32', shape, data } as const;
}

/** Normal-looking numbers in a fixed sequence: the sum of three uniform ones of a linear congruence. */
export function randoms(seed: number): () => number {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return () => 2 * (next() + next() + next());
}

/** A relu dictionary of the residual stream with random weights; fields override. */
export function memoryDictionary(fields: Fields): Dictionary {
  const { d_in, d_sae } = fields;
  const random = randoms(d_sae);
  const matrix = (rows: number, columns: number) =>
    source(
      [rows, columns],
      Float32Array.from({ length: rows * columns }, () => random() / Math.sqrt(d_in)),
    );
  const W_dec = fields.W_dec ?? matrix(d_sae, fields.d_out ?? d_in);
  return {
    name: 'memory',
    path: 'memory',
    format: 'saelens',
    architecture: 'standard',
    d_out: d_in,
    hook_in: 'blocks.0.hook_resid_post',
    hook_out: fields.hook_in ?? 'blocks.0.hook_resid_post',
    head_index: null,
    center_input: false,
    normalization: { kind: 'none' },
    apply_b_dec_to_input: false,
    activation: { kind: 'relu' },
    W_enc: { source: matrix(d_in, d_sae), layout: 'in_sae' },
    b_enc: null,
    b_dec: null,
    W_skip: null,
    folding: 'as-stored',
    convention: { prepend_bos: null, context_size: null, model_name: null, declared_l0: null, neuronpedia_id: null },
    notes: [],
    alternatives: [],
    digest: '',
    ...fields,
    W_dec,
    decoder_norms: atOnce(rowNorms(W_dec)),
  };
}

/** A dictionary of the 2·d signed unit vectors: it reconstructs whatever exceeds its threshold. */
export function signedUnits(d_in: number, threshold: number, fields: Partial<Dictionary> = {}): Dictionary {
  const d_sae = 2 * d_in;
  const rows = new Float32Array(d_sae * d_in);
  for (let i = 0; i < d_in; i++) {
    rows[i * d_in + i] = 1;
    rows[(d_in + i) * d_in + i] = -1;
  }
  return memoryDictionary({
    d_in,
    d_sae,
    W_enc: { source: source([d_sae, d_in], rows), layout: 'sae_in' },
    W_dec: source([d_sae, d_in], rows),
    activation: { kind: 'jumprelu', threshold: source([d_sae], new Float32Array(d_sae).fill(threshold)) },
    ...fields,
  });
}
