/** Misreadings that a spec has no word for, made by permuting the rows and columns of attention's weights. */
import { toFloat32 } from '../../server/src/core/dtype.ts';
import { float32, type Tensor } from '../../server/src/core/tensor.ts';
import type { WeightSource } from '../../server/src/graph/blocks/context.ts';
import type { LinearWeights, ModelSpec } from '../../server/src/model/spec.ts';

/** Where each element of an axis comes from. */
type Order = readonly number[];

/**
 * Reads query head h with key head h mod n_kv_heads: query rows and output columns take turns, so that neighbours are
 * the heads that would share. Weights must lie [out, in], q apart from k.
 */
export function interleavedHeads(spec: ModelSpec, weights: WeightSource): WeightSource {
  const { n_heads, n_kv_heads, d_head } = spec;
  const group = n_heads / n_kv_heads;
  const heads = range(n_heads).map((j) => (j % group) * n_kv_heads + Math.floor(j / group));
  const order = heads.flatMap((head) => range(d_head).map((j) => head * d_head + j));
  return replaced(weights, (replace) => {
    for (const { qkv, o } of spec.layers) {
      if (qkv.kind !== 'separate') continue;
      replaceOutputs(replace, qkv.q, order);
      replace(o.weight, (tensor) => permuted(tensor, 1, order));
    }
  });
}

/** Rotates neighbours (2i, 2i + 1) where halves (i, i + dims / 2) are meant: q and k, their norms too, in that order. */
export function permuteHeads(spec: ModelSpec, weights: WeightSource): WeightSource {
  const { d_head } = spec;
  return replaced(weights, (replace) => {
    for (const { attention, qkv, q_norm, k_norm } of spec.layers) {
      if (qkv.kind !== 'separate' || attention.rotary === null) continue;
      const half = attention.rotary.dims / 2;
      const within = range(d_head).map((j) => (j < half ? 2 * j : j < 2 * half ? 2 * (j - half) + 1 : j));
      const order = (count: number): Order => range(count).flatMap((head) => within.map((j) => head * d_head + j));
      replaceOutputs(replace, qkv.q, order(spec.n_heads));
      replaceOutputs(replace, qkv.k, order(spec.n_kv_heads));
      for (const norm of [q_norm, k_norm]) if (norm) replace(norm.weight, (tensor) => permuted(tensor, 0, within));
    }
  });
}

type Replace = (name: string, change: (tensor: Tensor<'float32'>) => Tensor<'float32'>) => void;

function replaced(weights: WeightSource, declare: (replace: Replace) => void): WeightSource {
  const changed = new Map<string, Tensor<'float32'>>();
  declare((name, change) => changed.set(name, change(loaded(weights, name))));
  return (name) => {
    const tensor = changed.get(name);
    return tensor ? { kind: 'memory', ...tensor } : weights(name);
  };
}

function replaceOutputs(replace: Replace, linear: LinearWeights, order: Order): void {
  replace(linear.weight, (tensor) => permuted(tensor, 0, order));
  if (linear.bias !== null) replace(linear.bias, (tensor) => permuted(tensor, 0, order));
}

/** A weight held in memory, as float32. */
function loaded(weights: WeightSource, name: string): Tensor<'float32'> {
  const source = weights(name);
  if (source?.kind !== 'memory') throw new Error(`${name} is not in memory`);
  return float32(source.shape, toFloat32(source.dtype, source.data));
}

/** A vector or matrix with one axis in another order. */
function permuted({ shape, data }: Tensor<'float32'>, axis: 0 | 1, order: Order): Tensor<'float32'> {
  const columns = shape[1] ?? 1;
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    out[i] = data[axis === 0 ? order[row]! * columns + column : row * columns + order[column]!]!;
  }
  return float32(shape, out);
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
