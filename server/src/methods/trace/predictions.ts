/** Next-token predictions: a fragment after the unembedding, and its reading. Log-probabilities in nats. */
import type { Tensor } from '../../core/tensor.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import { concat, reshape, rows, slice, sub } from '../../graph/expr.ts';
import { unembed } from '../../graph/forward.ts';
import type { Value } from '../../graph/ir.ts';
import type { ModelHandle } from '../model-handle.ts';

/** A likely next token. */
export interface Prediction {
  readonly id: number;
  /** Natural log of its probability. */
  readonly logprob: number;
}

/** What the model said at one position about the next one. */
export interface RowPredictions {
  /** Log-probability of the token that really follows; null at the end of the text. */
  readonly next: number | null;
  readonly top: readonly Prediction[];
}

/** Graph outputs of the fragment. */
export const PREDICTION_OUTPUTS = ['predictions.next', 'predictions.values', 'predictions.indices'] as const;

/**
 * Adds predictions for rows of the final residual [..., d_model]; declares the input `targets` int64 [...]: the
 * token that follows each row (any id where none does).
 */
export function addPredictions(b: GraphBuilder, model: ModelHandle, final: Value, count: number): void {
  const logits = unembed({ b, spec: model.spec, weights: model.weights }, rows(b, final));
  const targets = reshape(b, b.input('targets', 'int64', final.shape.slice(0, -1)), [logits.shape[0]!, 1]);
  const [, indices] = b.ops('TopK', [logits], { k: Math.min(count, model.spec.d_vocab) }) as [Value, Value];
  const k = indices.shape[1] as number;
  // Not LogSoftmax, which writes all log-probabilities where k + 1 are wanted: a second [rows, d_vocab] buffer.
  const found = b.op('GatherElements', [logits, concat(b, [indices, targets], 1)], { axis: 1 });
  const logprobs = sub(b, found, b.op('ReduceLogSumExp', [logits], { axes: [1] }));
  b.output('predictions.next', slice(b, logprobs, 1, k, k + 1));
  b.output('predictions.values', slice(b, logprobs, 1, 0, k));
  b.output('predictions.indices', indices);
}

/** Reads the fragment's outputs; `hasNext` tells for each row whether a token follows. */
export function readPredictions(
  outputs: Readonly<Record<string, Tensor>>,
  hasNext: readonly boolean[],
): RowPredictions[] {
  const next = outputs['predictions.next']!.data as Float32Array;
  const values = outputs['predictions.values']!;
  const indices = outputs['predictions.indices']!.data as BigInt64Array;
  const count = values.shape[1]!;
  const logprobs = values.data as Float32Array;
  return hasNext.map((follows, row) => ({
    next: follows ? next[row]! : null,
    top: Array.from({ length: count }, (_, j) => ({
      id: Number(indices[row * count + j]),
      logprob: logprobs[row * count + j]!,
    })),
  }));
}
