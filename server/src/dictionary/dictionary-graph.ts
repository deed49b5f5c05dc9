/**
 * What is measured of a dictionary at each position: top features, L0, reconstruction error. As a fragment, to splice
 * behind a model's hooks, and as a program of its own on activations x.
 *
 * Two variants, both exact. Sparse: the largest `capacity` activations, decoded from their rows of W_dec; its numbers
 * hold for every position with l0 < capacity (or where no more can be active), see `isComplete`. Dense: all activations
 * and one dense product; takes any L0, in chunks of `denseRows` positions.
 */
import type { SizedProgram } from '../core/runner.ts';
import { int64 } from '../core/tensor.ts';
import { type GraphBuilder, graphBuilder } from '../graph/builder.ts';
import { concat, gatherRows, reshape, slice, squaredNorm, sub } from '../graph/expr.ts';
import type { Value } from '../graph/ir.ts';
import type { Target } from '../graph/lower.ts';
import { serialize } from '../graph/serialize.ts';
import { decode } from './decode.ts';
import type { Dictionary } from './dictionary.ts';
import { countActive, type DenseFeatures, encode, type SparseFeatures } from './encode.ts';
import { centeredTarget, isTranscoder, type PreparedInput, prepareInput } from './input.ts';

/**
 * Largest number of active features at one position that is decoded from single rows; positions with more are measured
 * again by the dense variant, which takes 24 ms even for one. Measured at [128 positions, 768] × 24,576 features on two
 * cores: the dense product 33 ms; rows of W_dec about 0.035 ms per active feature; Relu and TopK above the encoder 2.4 ms
 * for 128, 2.7 for 256, 4.9 for 512, since only active features move TopK's heap (without Relu 5, 8 and 18).
 */
export const SPARSE_CAPACITY = 256;

/** Bytes of one dense [rows, d_sae] float32 tensor; the dense variant holds about three of them. */
export const MAX_DENSE_BYTES = 64 * 2 ** 20;

/** What can be asked of a dictionary. Shapes: values, indices [rows, ≤ k]; l0, error_sq, target_sq [rows]; recon [rows, d_out]. */
export const MEASURES = ['values', 'indices', 'l0', 'error_sq', 'target_sq', 'recon'] as const;
export type Measure = (typeof MEASURES)[number];

export interface MeasurePlan {
  readonly variant: 'sparse' | 'dense';
  /** Features returned per position. */
  readonly k: number;
  /** Decodes each feature with another one's row: what reconstruction is worth when encoder and decoder do not match. */
  readonly permuted?: boolean;
}

/** Positions per run of the dense variant. */
export function denseRows(d_sae: number): number {
  return Math.max(1, Math.floor(MAX_DENSE_BYTES / (4 * d_sae)));
}

/** Active features per position that the sparse variant looks at. */
export function sparseCapacity(dictionary: Dictionary, k: number): number {
  return Math.min(maxActive(dictionary), Math.max(k, SPARSE_CAPACITY));
}

/** Whether the sparse variant saw every active feature at a position that it counted `l0` at. */
export function isComplete(dictionary: Dictionary, k: number, l0: number): boolean {
  const capacity = sparseCapacity(dictionary, k);
  return l0 < capacity || capacity === maxActive(dictionary);
}

/**
 * Appends everything that can be measured; what is not used is pruned.
 * `target` [rows, d_out] is what the reconstruction stands for: the input itself except for transcoders.
 */
export function measure(
  b: GraphBuilder,
  dictionary: Dictionary,
  input: PreparedInput,
  target: Value,
  { variant, k, permuted = false }: MeasurePlan,
): Record<Measure, Value> {
  const encoded = encode(b, dictionary, input);
  const capacity = sparseCapacity(dictionary, k);
  const sparse = encoded.topK(variant === 'sparse' ? capacity : k);
  const top = firstOf(b, sparse, k);
  const all = variant === 'sparse' ? sparse : encoded.dense();
  const recon = decode(b, dictionary, permuted ? rotated(b, dictionary, all) : all, input);
  const perRow = (x: Value): Value => reshape(b, squaredNorm(b, x), [x.shape[0]!]);
  return {
    values: top.values,
    indices: top.indices,
    l0: countActive(b, all.values),
    error_sq: perRow(sub(b, target, recon)),
    target_sq: perRow(centeredTarget(b, dictionary, target)),
    recon,
  };
}

/**
 * The measures as a program on inputs `x` [rows, d_in] and, for transcoders, `y` [rows, d_out], both float32: rows of
 * the hook's own values. Outputs have the measures' names.
 */
export function dictionaryProgram(
  dictionary: Dictionary,
  plan: MeasurePlan,
  outputs: readonly Measure[],
  target: Target,
): SizedProgram {
  const b = graphBuilder();
  const x = b.input('x', 'float32', ['rows', dictionary.d_in]);
  const y = isTranscoder(dictionary) ? b.input('y', 'float32', ['rows', dictionary.d_out]) : x;
  const measures = measure(b, dictionary, prepareInput(b, dictionary, x), y, plan);
  for (const name of outputs) b.output(name, measures[name]);
  return serialize(b.finish(), `${plan.variant} ${dictionary.name}`, target);
}

/** Feature i takes the decoder row of feature i + d_sae / 2, cyclically. */
function rotated(
  b: GraphBuilder,
  { d_sae }: Dictionary,
  features: SparseFeatures | DenseFeatures,
): SparseFeatures | DenseFeatures {
  const shift = Math.ceil(d_sae / 2);
  if ('indices' in features) {
    const rows = Array.from({ length: d_sae }, (_, i) => (i + shift) % d_sae);
    return { ...features, indices: gatherRows(b, b.literal(int64([d_sae], rows)), features.indices) };
  }
  const { coefficients } = features;
  const parts = [slice(b, coefficients, 1, d_sae - shift, d_sae), slice(b, coefficients, 1, 0, d_sae - shift)];
  return { ...features, coefficients: concat(b, parts, 1) };
}

function maxActive({ activation, d_sae }: Dictionary): number {
  return activation.kind === 'topk' || activation.kind === 'groupmax' ? activation.k : d_sae;
}

function firstOf(b: GraphBuilder, features: SparseFeatures, k: number): SparseFeatures {
  const width = features.values.shape[1] as number;
  const first = (x: Value): Value => (k >= width ? x : slice(b, x, 1, 0, k));
  const { values, indices, coefficients } = features;
  return { values: first(values), indices: first(indices), coefficients: first(coefficients) };
}
