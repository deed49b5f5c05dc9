/** Whether a training run can be done, asked before anything is computed. */
import { SondeError } from '../core/errors.ts';
import { sizeOf } from '../core/tensor.ts';
import { requiredTensors } from '../model/shapes.ts';
import type { ModelSpec } from '../model/spec.ts';

export interface BatchShape {
  readonly batch: number;
  readonly pos: number;
  /** Number of ids that the tokenizer gives. */
  readonly ids: number;
}

const FLOAT_BYTES = 4;
/** Weights, two moments and the gradient; old and new state live side by side while a step ends. */
const COPIES_OF_WEIGHTS = 8;
/** Tensors of [batch·pos, width] that a block's forward pass leaves for its backward pass, gradients included. */
const PER_BLOCK = { d_model: 24, d_mlp: 10, scores: 5 } as const;
/** Logits, log-probabilities, their gradient. */
const COPIES_OF_LOGITS = 4;

/** Bytes that a training step of a model takes, roughly and on the safe side. */
export function predictTrainingMemory(spec: ModelSpec, { batch, pos }: BatchShape): number {
  const weights = [...requiredTensors(spec).values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const perToken =
    spec.n_layers * (PER_BLOCK.d_model * spec.d_model + PER_BLOCK.d_mlp * spec.d_mlp) +
    spec.n_layers * PER_BLOCK.scores * spec.n_heads * pos +
    COPIES_OF_LOGITS * spec.d_vocab;
  return FLOAT_BYTES * (COPIES_OF_WEIGHTS * weights + batch * pos * perToken);
}

/**
 * @throws invalid-params when the vocabulary is too small or the rows are longer than the context; too-large when the
 *   step is predicted to take more than `limit` bytes.
 */
export function checkTrainable(spec: ModelSpec, shape: BatchShape, limit: number): void {
  if (shape.ids > spec.d_vocab) {
    refuse(`The tokenizer has ${shape.ids} ids, d_vocab is ${spec.d_vocab}; raise d_vocab.`, shape.ids, spec.d_vocab);
  }
  if (shape.pos > spec.n_ctx) {
    refuse(`Rows of ${shape.pos} tokens do not fit n_ctx ${spec.n_ctx}; shorten them.`, shape.pos, spec.n_ctx);
  }
  checkBytes(
    predictTrainingMemory(spec, shape),
    limit,
    'a training step',
    'Lower the batch, the context or the sizes.',
  );
}

/** @throws too-large when the predicted bytes exceed the limit. */
export function checkBytes(bytes: number, limit: number, what: string, remedy: string): void {
  if (bytes <= limit) return;
  const mebibytes = (value: number): string => `${Math.ceil(value / 2 ** 20)} MiB`;
  throw new SondeError(
    'too-large',
    `Predicted memory of ${what} is ${mebibytes(bytes)}; at most ${mebibytes(limit)} are allowed. ${remedy}`,
    { found: bytes, expected: limit },
  );
}

function refuse(message: string, found: number, expected: number): never {
  throw new SondeError('invalid-params', message, { found, expected });
}
