/** Kinds whose features decide alone: each yields one dense score whose positive part is the stored activation. */
import { fault } from '../../core/errors.ts';
import type { TensorSource } from '../../core/tensor.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import { add, exp, greater, mul, neg, relu, sub, where } from '../../graph/expr.ts';
import type { Value } from '../../graph/ir.ts';
import { weight } from '../constants.ts';
import type { Dictionary, DictionaryActivation } from '../dictionary.ts';
import type { PreparedInput } from '../input.ts';

/** Scores [rows, d_sae] float32; the activation in the file's own scale is max(score, 0). */
export interface DenseScores {
  readonly scores: Value;
  /** Scores are never negative, so that no Relu is needed. */
  readonly nonNegative: boolean;
}

/** Pre-activations h = x·W_enc + b_enc, [rows, d_sae]; b_dec is subtracted from x, the smaller side. */
export function preActivations(b: GraphBuilder, dictionary: Dictionary, input: PreparedInput): Value {
  const { W_enc, b_enc, b_dec, apply_b_dec_to_input } = dictionary;
  const x = apply_b_dec_to_input && b_dec ? sub(b, input.x, weight(b, dictionary, 'b_dec', b_dec)) : input.x;
  const matrix = weight(b, dictionary, 'W_enc', W_enc.source);
  const bias = b_enc ? [weight(b, dictionary, 'b_enc', b_enc)] : [];
  return b.op('Gemm', [x, matrix, ...bias], { transA: false, transB: W_enc.layout === 'sae_in' });
}

/** Scores of every kind but topk and groupmax, which select across features. */
export function denseScores(b: GraphBuilder, dictionary: Dictionary, input: PreparedInput): DenseScores {
  const h = preActivations(b, dictionary, input);
  const { activation } = dictionary;
  switch (activation.kind) {
    case 'relu':
      return { scores: h, nonNegative: false };
    case 'jumprelu':
      return { scores: jumprelu(b, dictionary, h, activation.threshold), nonNegative: true };
    case 'gated':
      return { scores: gated(b, dictionary, h, activation), nonNegative: false };
    case 'topk':
    case 'groupmax':
      return fault(`${activation.kind} has no scores of single features`);
  }
}

/** relu(h)·1[h > t] is h where h > max(t, 0), else 0: the maximum is folded once at load, so one comparison is left. */
function jumprelu(b: GraphBuilder, dictionary: Dictionary, h: Value, threshold: TensorSource): Value {
  const floor = relu(b, weight(b, dictionary, 'threshold', threshold));
  return where(b, greater(b, h, floor), h, b.scalar(0));
}

/** One product serves both paths: gate = p + b_gate, magnitude = p·exp(r_mag) + b_mag (Rajamanoharan et al. 2024, eq. 6). */
function gated(
  b: GraphBuilder,
  dictionary: Dictionary,
  p: Value,
  { b_gate, b_mag, r_mag }: Extract<DictionaryActivation, { kind: 'gated' }>,
): Value {
  const scaled = mul(b, p, exp(b, weight(b, dictionary, 'r_mag', r_mag)));
  const magnitude = add(b, scaled, weight(b, dictionary, 'b_mag', b_mag));
  const open = greater(b, p, neg(b, weight(b, dictionary, 'b_gate', b_gate)));
  return where(b, open, magnitude, b.scalar(0));
}
