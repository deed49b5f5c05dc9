/** The tensors that a spec names, with the shape that its sizes demand and what the graph does with each. */
import { fault } from '../core/errors.ts';
import type { LayerSpec, LinearWeights, ModelSpec, NormWeights } from './spec.ts';

/** `matrix`: multiplied by; `table`: rows are looked up; `vector`: a gain or bias; `head`: the untied unembedding. */
export type TensorUse = 'matrix' | 'table' | 'vector' | 'head';

export interface RequiredTensor {
  readonly shape: readonly number[];
  readonly use: TensorUse;
}

/**
 * Every stored tensor the forward pass reads, by name.
 * A tied unembedding is the table W_E and has no entry of its own.
 */
export function requiredTensors(spec: ModelSpec): ReadonlyMap<string, RequiredTensor> {
  const { d_model, d_vocab, n_ctx } = spec;
  const required = new Map<string, RequiredTensor>();
  const add = (name: string, shape: readonly number[], use: TensorUse): void => {
    if (required.has(name)) fault(`tensor ${name} has two roles in one spec`);
    required.set(name, { shape, use });
  };
  const addNorm = (norm: NormWeights | null, size: number): void => {
    if (norm === null) return;
    add(norm.weight, [size], 'vector');
    if (norm.bias !== null) add(norm.bias, [size], 'vector');
  };
  const addLinear = (linear: LinearWeights, from: number, to: number): void => {
    add(linear.weight, linear.layout === 'in_out' ? [from, to] : [to, from], 'matrix');
    if (linear.bias !== null) add(linear.bias, [to], 'vector');
  };

  add(spec.W_E, [d_vocab, d_model], 'table');
  if (spec.W_pos !== null) add(spec.W_pos, [n_ctx, d_model], 'table');
  for (const layer of spec.layers) addLayer(spec, layer, addNorm, addLinear);
  addNorm(spec.ln_final, d_model);
  if (spec.W_U.weight !== spec.W_E) add(spec.W_U.weight, [d_vocab, d_model], 'head');
  return required;
}

function addLayer(
  spec: ModelSpec,
  layer: LayerSpec,
  addNorm: (norm: NormWeights | null, size: number) => void,
  addLinear: (linear: LinearWeights, from: number, to: number) => void,
): void {
  const { d_model, d_head, d_mlp } = spec;
  const d_q = spec.n_heads * d_head;
  const d_kv = spec.n_kv_heads * d_head;
  for (const norm of [layer.ln1, layer.ln2, layer.ln1_post, layer.ln2_post]) addNorm(norm, d_model);
  for (const norm of [layer.q_norm, layer.k_norm]) addNorm(norm, d_head);
  if (layer.qkv.kind === 'fused') addLinear(layer.qkv.linear, d_model, d_q + 2 * d_kv);
  else {
    addLinear(layer.qkv.q, d_model, d_q);
    addLinear(layer.qkv.k, d_model, d_kv);
    addLinear(layer.qkv.v, d_model, d_kv);
  }
  addLinear(layer.o, d_q, d_model);
  const { mlp } = layer;
  if (mlp.kind === 'plain') {
    addLinear(mlp.in, d_model, d_mlp);
    addLinear(mlp.out, d_mlp, d_model);
  } else {
    addLinear(mlp.gate, d_model, d_mlp);
    addLinear(mlp.up, d_model, d_mlp);
    addLinear(mlp.down, d_mlp, d_model);
  }
}
