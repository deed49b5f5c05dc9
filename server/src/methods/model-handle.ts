/** A checkpoint as methods see it: its formula, where its weights are, and the digest that names it in recipes. */
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
