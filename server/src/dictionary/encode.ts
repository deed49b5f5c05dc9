/**
 * Encoders as graph fragments. Dense activations are built only when asked for: for the usual answer, the top k,
 * everything that k values can take instead of d_sae comes after the selection.
 *
 * Active means ≠ 0. Features rank by activation among the active ones; inactive ones, with activation 0, come last. Only
 * circuit-tracer's TopK has negative active features: they come after the positive ones.
 */
import type { GraphBuilder } from '../graph/builder.ts';
import { cast, expand, gatherRows, mul, reduceSum, relu, reshape, slice } from '../graph/expr.ts';
import type { Value } from '../graph/ir.ts';
import { decoderNorms } from './constants.ts';
import type { Dictionary } from './dictionary.ts';
import type { PreparedInput } from './input.ts';
import { denseScores } from './kinds/dense.ts';
import { type SelectingActivation, select } from './kinds/topk.ts';

/** The k largest activations of each row, descending. Surplus places hold value 0 and any index. */
export interface SparseFeatures {
  /** Activations, folding applied, [rows, k] float32. */
  readonly values: Value;
  /** Feature numbers, [rows, k] int64. */
  readonly indices: Value;
  /** What multiplies the stored W_dec rows: `values` without the folding, [rows, k] float32. */
  readonly coefficients: Value;
}

/** All activations. */
export interface DenseFeatures {
  /** Folding applied, [rows, d_sae] float32. */
  readonly values: Value;
  /** Without the folding, [rows, d_sae] float32. */
  readonly coefficients: Value;
}

/** An encoder whose outputs are built on demand; each call appends nodes, what is not used is pruned. */
export interface EncodedFeatures {
  /** No position can have more active features than this: d_sae, or the dictionary's own k. */
  readonly maxActive: number;
  /** The largest min(k, maxActive) activations. */
  topK(k: number): SparseFeatures;
  dense(): DenseFeatures;
}

/** Encodes prepared rows. */
export function encode(b: GraphBuilder, dictionary: Dictionary, input: PreparedInput): EncodedFeatures {
  const { activation } = dictionary;
  return activation.kind === 'topk' || activation.kind === 'groupmax'
    ? encodeSelected(b, dictionary, activation, input)
    : encodeDense(b, dictionary, input);
}

/** Active features of each row among `values` [rows, n]: [rows] float32, whole numbers. */
export function countActive(b: GraphBuilder, values: Value): Value {
  const active = b.op('Not', [b.op('Equal', [values, b.scalar(0)], {})], {});
  return reshape(b, reduceSum(b, cast(b, active, 'float32'), [1]), [values.shape[0]!]);
}

function encodeDense(b: GraphBuilder, dictionary: Dictionary, input: PreparedInput): EncodedFeatures {
  const { scores, nonNegative } = denseScores(b, dictionary, input);
  const folded = dictionary.folding === 'folded';
  const coefficients = nonNegative ? scores : relu(b, scores);
  const values = folded ? mul(b, coefficients, decoderNorms(b, dictionary, 'norm')) : coefficients;
  return {
    maxActive: dictionary.d_sae,
    topK(k) {
      const n = Math.min(k, dictionary.d_sae);
      // Above Relu, although k values need it and not d_sae: among zeros, TopK's heap moves only for active features.
      const [top, indices] = b.ops('TopK', [values], { k: n }) as [Value, Value];
      if (!folded) return { values: top, indices, coefficients: top };
      const inverse = gatherRows(b, decoderNorms(b, dictionary, 'inverse'), indices);
      return { values: top, indices, coefficients: mul(b, top, inverse) };
    },
    dense: () => ({ values, coefficients }),
  };
}

function encodeSelected(
  b: GraphBuilder,
  dictionary: Dictionary,
  activation: SelectingActivation,
  input: PreparedInput,
): EncodedFeatures {
  const { d_sae } = dictionary;
  const { values, indices, coefficients, sorted } = select(b, dictionary, activation, input);
  return {
    maxActive: activation.k,
    topK(k) {
      const n = Math.min(k, activation.k);
      const first = (x: Value): Value => (n === activation.k ? x : slice(b, x, 1, 0, n));
      if (sorted) return { values: first(values), indices: first(indices), coefficients: first(coefficients) };
      const [top, order] = b.ops('TopK', [values], { k: n }) as [Value, Value];
      const pick = (x: Value): Value => b.op('GatherElements', [x, order], { axis: 1 });
      return { values: top, indices: pick(indices), coefficients: pick(coefficients) };
    },
    dense() {
      const zeros = expand(b, b.scalar(0), [values.shape[0]!, d_sae]);
      const scatter = (x: Value): Value => b.op('ScatterElements', [zeros, indices, x], { axis: 1, reduction: 'none' });
      return { values: scatter(values), coefficients: scatter(coefficients) };
    },
  };
}
