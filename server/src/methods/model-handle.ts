/** A checkpoint as methods see it: its formula, where its weights are, and the digest that names it in recipes. */
import { SondeError } from '../core/errors.ts';
import type { WeightSource } from '../graph/blocks/context.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { ModelSpec } from '../model/spec.ts';

export interface ModelHandle {
  readonly spec: ModelSpec;
  readonly weights: WeightSource;
  readonly digest: string;
}

export function modelHandle(checkpoint: Checkpoint): ModelHandle {
  return { spec: checkpoint.spec, weights: (name) => checkpoint.tensors.get(name), digest: checkpoint.digest };
}

/** @throws unknown-token for ids outside the model's vocabulary (a tokenizer may know more than the model does). */
export function checkIds({ spec }: ModelHandle, ids: readonly number[]): void {
  const bad = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < spec.d_vocab));
  if (bad === undefined) return;
  throw new SondeError('unknown-token', `Token id ${bad} is outside the model's vocabulary of ${spec.d_vocab}.`, {
    found: bad,
    expected: `0 … ${spec.d_vocab - 1}`,
  });
}
