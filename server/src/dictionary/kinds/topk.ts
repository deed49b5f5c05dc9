/** The kind that keeps the k largest features of each position. */
import type { GraphBuilder } from '../../graph/builder.ts';
import { gatherRows, mul, relu } from '../../graph/expr.ts';
import type { Value } from '../../graph/ir.ts';
import { decoderNorms } from '../constants.ts';
import type { Dictionary, DictionaryActivation } from '../dictionary.ts';
import type { PreparedInput } from '../input.ts';
import { preActivations } from './dense.ts';

export type TopKActivation = Extract<DictionaryActivation, { kind: 'topk' }>;

/** The selected features, k of each row, not always sorted by `values`. */
export interface Selection {
  /** Final activations, folding applied, [rows, k] float32. */
  readonly values: Value;
  /** What multiplies the stored W_dec rows, [rows, k] float32. */
  readonly coefficients: Value;
  readonly indices: Value;
  /** Whether `values` descend. */
  readonly sorted: boolean;
}

/**
 * Selects. Relu before or after selecting gives the same values, since what it changes was not positive; without any
 * (circuit-tracer) negative activations survive where fewer than k are positive.
 */
export function selectTopK(
  b: GraphBuilder,
  dictionary: Dictionary,
  activation: TopKActivation,
  input: PreparedInput,
): Selection {
  const h = preActivations(b, dictionary, input);
  const rescaled = activation.rescaleByDecoderNorm && dictionary.folding !== 'unit';
  const ranked = rescaled ? mul(b, h, decoderNorms(b, dictionary, 'norm')) : h;
  const [top, indices] = b.ops('TopK', [ranked], { k: activation.k }) as [Value, Value];
  const selected = activation.order === 'topk' ? top : relu(b, top);
  const byNorm = (form: 'norm' | 'inverse'): Value =>
    mul(b, selected, gatherRows(b, decoderNorms(b, dictionary, form), indices));
  const folded = dictionary.folding === 'folded';
  if (rescaled) {
    const coefficients = byNorm('inverse');
    return { values: folded ? selected : coefficients, coefficients, indices, sorted: folded };
  }
  return { values: folded ? byNorm('norm') : selected, coefficients: selected, indices, sorted: !folded };
}
