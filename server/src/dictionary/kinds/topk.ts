/** Kinds that keep at most k features of each position: the largest ones, or the largest of each group. */
import { int64 } from '../../core/tensor.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import { add, gatherRows, iota, mul, relu, reshape, unsqueeze } from '../../graph/expr.ts';
import type { Value } from '../../graph/ir.ts';
import { decoderNorms } from '../constants.ts';
import type { Dictionary, DictionaryActivation } from '../dictionary.ts';
import type { PreparedInput } from '../input.ts';
import { preActivations } from './dense.ts';

export type SelectingActivation = Extract<DictionaryActivation, { kind: 'topk' | 'groupmax' }>;

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
export function select(
  b: GraphBuilder,
  dictionary: Dictionary,
  activation: SelectingActivation,
  input: PreparedInput,
): Selection {
  const h = preActivations(b, dictionary, input);
  return activation.kind === 'topk' ? topK(b, dictionary, activation, h) : groupMax(b, dictionary, activation.k, h);
}

function topK(
  b: GraphBuilder,
  dictionary: Dictionary,
  activation: Extract<DictionaryActivation, { kind: 'topk' }>,
  h: Value,
): Selection {
  const rescaled = activation.rescaleByDecoderNorm && dictionary.folding !== 'unit';
  const ranked = rescaled ? mul(b, h, decoderNorms(b, dictionary, 'norm')) : h;
  const [top, indices] = b.ops('TopK', [ranked], { k: activation.k }) as [Value, Value];
  const selected = activation.order === 'topk' ? top : relu(b, top);
  if (!rescaled) return folded(b, dictionary, selected, indices, true);
  const coefficients = timesNorm(b, dictionary, selected, indices, 'inverse');
  const isFolded = dictionary.folding === 'folded';
  return { values: isFolded ? selected : coefficients, coefficients, indices, sorted: isFolded };
}

/** Group g holds features g·(d_sae / k) … (g + 1)·(d_sae / k) − 1 (sparsify `fused_encoder.py`, 'groupmax'). */
function groupMax(b: GraphBuilder, dictionary: Dictionary, k: number, h: Value): Selection {
  const size = dictionary.d_sae / k;
  const rows = h.shape[0]!;
  const [top, within] = b.ops('TopK', [reshape(b, h, [rows, k, size])], { k: 1 }) as [Value, Value];
  const first = mul(b, iota(b, k), b.literal(int64([], [size])));
  const indices = add(b, reshape(b, within, [rows, k]), unsqueeze(b, first, 0));
  return folded(b, dictionary, relu(b, reshape(b, top, [rows, k])), indices, false);
}

function folded(
  b: GraphBuilder,
  dictionary: Dictionary,
  coefficients: Value,
  indices: Value,
  sorted: boolean,
): Selection {
  if (dictionary.folding !== 'folded') return { values: coefficients, coefficients, indices, sorted };
  return { values: timesNorm(b, dictionary, coefficients, indices, 'norm'), coefficients, indices, sorted: false };
}

function timesNorm(b: GraphBuilder, dictionary: Dictionary, x: Value, indices: Value, form: 'norm' | 'inverse'): Value {
  return mul(b, x, gatherRows(b, decoderNorms(b, dictionary, form), indices));
}
