/** What every block of the forward pass needs: the builder, the model, its weights and the hooks. */
import { fault } from '../../core/errors.ts';
import type { TensorSource } from '../../core/tensor.ts';
import type { ModelSpec } from '../../model/spec.ts';
import type { GraphBuilder } from '../builder.ts';
import { cast } from '../expr.ts';
import type { Hooks } from '../hooks.ts';
import type { Value } from '../ir.ts';

/** Looks a stored tensor up by its name in the checkpoint. */
export type WeightSource = (name: string) => TensorSource | undefined;

export interface BlockContext {
  readonly b: GraphBuilder;
  readonly spec: ModelSpec;
  readonly weights: WeightSource;
  readonly hooks: Hooks;
  /** Keys and values of tokens before the first; absent when the text starts here. */
  readonly past?: PastKeyValues;
}

/** The seam to cached keys and values; `graph/past.ts` implements it. */
export interface PastKeyValues {
  /** int64 [1]: number of past tokens. */
  readonly length: Value;
  /**
   * Offers a layer's new keys (rotated) and values, [batch, pos, n_kv_heads·d_head], and returns the earlier ones as
   * [batch, n_kv_heads, past, d_head].
   */
  join(layer: number, k: Value, v: Value): readonly [Value, Value];
}

/** What it takes to use a weight; blocks without hooks need no more. */
export type WeightContext = Pick<BlockContext, 'b' | 'spec' | 'weights'>;

/** A weight in its stored dtype, by its checkpoint name. */
export function storedWeight(ctx: WeightContext, name: string): Value {
  const source = ctx.weights(name) ?? fault(`weight ${name} was not checked when the checkpoint was opened`);
  return ctx.b.constant(name, source);
}

/** A weight as float32; half types are widened when the session opens. */
export function weight(ctx: WeightContext, name: string): Value {
  return cast(ctx.b, storedWeight(ctx, name), 'float32');
}
