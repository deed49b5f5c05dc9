/** Decoders as graph fragments: from active rows of W_dec in bounded memory, or as one dense product. */
import type { GraphBuilder } from '../graph/builder.ts';
import { add } from '../graph/expr.ts';
import type { Value } from '../graph/ir.ts';
import { stored, weight } from './constants.ts';
import type { Dictionary } from './dictionary.ts';
import type { DenseFeatures, SparseFeatures } from './encode.ts';
import type { PreparedInput } from './input.ts';

/**
 * Reconstruction [rows, d_out] float32 in the hook's own space: Σ coefficient · W_dec row + b_dec, norms undone, plus
 * the skip connection. Exact when the features include every active one.
 */
export function decode(
  b: GraphBuilder,
  dictionary: Dictionary,
  features: SparseFeatures | DenseFeatures,
  input: PreparedInput,
): Value {
  const recon = input.undo('indices' in features ? sparse(b, dictionary, features) : dense(b, dictionary, features));
  if (dictionary.W_skip === null) return recon;
  const skip = weight(b, dictionary, 'W_skip', dictionary.W_skip);
  return add(b, recon, b.op('Gemm', [input.raw, skip], { transA: false, transB: true }));
}

/** Rows are widened after they are gathered, so a half-precision W_dec stays as it is in its file. */
function sparse(b: GraphBuilder, dictionary: Dictionary, { coefficients, indices }: SparseFeatures): Value {
  const W_dec = stored(b, dictionary, 'W_dec', dictionary.W_dec);
  const sum = b.op('SparseDecode', [coefficients, indices, W_dec], {});
  return dictionary.b_dec ? add(b, sum, weight(b, dictionary, 'b_dec', dictionary.b_dec)) : sum;
}

function dense(b: GraphBuilder, dictionary: Dictionary, { coefficients }: DenseFeatures): Value {
  const bias = dictionary.b_dec ? [weight(b, dictionary, 'b_dec', dictionary.b_dec)] : [];
  const W_dec = weight(b, dictionary, 'W_dec', dictionary.W_dec);
  return b.op('Gemm', [coefficients, W_dec, ...bias], { transA: false, transB: false });
}
