/** A model fixture ready to compute with: its checkpoint, its weights in memory, its text and its reference. */
import { readFileSync } from 'node:fs';
import { hooksOf } from '../../server/src/core/hook-name.ts';
import { int64, type Tensor, type TensorSource } from '../../server/src/core/tensor.ts';
import type { WeightSource } from '../../server/src/graph/blocks/context.ts';
import { hookModel } from '../../server/src/graph/hooks.ts';
import type { InstrumentPlan } from '../../server/src/graph/instrument.ts';
import type { Graph } from '../../server/src/graph/ir.ts';
import { modelGraph } from '../../server/src/graph/model-graph.ts';
import { prune } from '../../server/src/graph/prune.ts';
import { type Checkpoint, openCheckpoint } from '../../server/src/model/checkpoint.ts';
import type { ModelSpec } from '../../server/src/model/spec.ts';
import { fixturePath, readTensors, type Stored } from './fixtures.ts';
import { interpret } from './interpreter.ts';

export interface ModelFixture {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly spec: ModelSpec;
  /** Weights by checkpoint name, in memory, in the stored dtype. */
  readonly weights: WeightSource;
  /** int64 [1, pos]. */
  readonly tokens: Tensor<'int64'>;
  /** Number of tokens. */
  readonly pos: number;
  /** What transformers computed, by hook name, `logits` and `logits_f64`. */
  readonly reference: ReadonlyMap<string, Stored>;
}

/** Opens a committed checkpoint and its reference. */
export function modelFixture(name: string): ModelFixture {
  const folder = fixturePath('models', name);
  const checkpoint = openCheckpoint(folder);
  const reference = readTensors(`${folder}/reference.safetensors`);
  const ids = Array.from(reference.get('tokens')!.data, Number);
  return {
    name,
    checkpoint,
    spec: checkpoint.spec,
    weights: inMemory(checkpoint),
    tokens: int64([1, ids.length], ids),
    pos: ids.length,
    reference,
  };
}

/** All hooks that the model has, in forward order. */
export function allHooks(spec: ModelSpec): string[] {
  return hooksOf(hookModel(spec));
}

/** The pruned graph of a forward pass, its outputs the hooks read and `logits`. */
export function forwardGraph(spec: ModelSpec, weights: WeightSource, plan: InstrumentPlan = {}): Graph {
  const { b, logits, hooks } = modelGraph(spec, weights, plan);
  b.output('logits', logits);
  for (const [hook, value] of hooks) b.output(hook, value);
  return prune(b.finish());
}

/** Logits in float64 through the interpreter, [pos · d_vocab]; `reads` keeps those hooks out of fused ops. */
export function logitsInFloat64(
  spec: ModelSpec,
  weights: WeightSource,
  tokens: Tensor,
  reads: readonly string[] = [],
): Float64Array {
  return interpret(forwardGraph(spec, weights, { reads }), { tokens }).outputs.logits!.data;
}

/**
 * The spec with the inverse frequencies that transformers holds. It computes powers in float32, Sonde in float64 and
 * rounds once, so they differ in the last places, which is no formula.
 */
export function withReferenceFrequencies({ name, spec }: ModelFixture): ModelSpec {
  const held = FREQUENCIES[name]!;
  const layers = spec.layers.map((layer) => {
    const { rotary, window } = layer.attention;
    if (rotary === null) return layer;
    const inverseFrequencies = Float32Array.from(
      held.all ?? held[window === null ? 'full_attention' : 'sliding_attention']!,
    );
    return { ...layer, attention: { ...layer.attention, rotary: { ...rotary, inverseFrequencies } } };
  });
  return { ...spec, layers };
}

const FREQUENCIES = (
  JSON.parse(readFileSync(fixturePath('rope', 'models.json'), 'utf8')) as {
    models: Record<string, Record<string, number[]>>;
  }
).models;

function inMemory({ tensors }: Checkpoint): WeightSource {
  const paths = new Set([...tensors.values()].map(({ path }) => path));
  const loaded = new Map<string, TensorSource>();
  for (const path of paths) {
    for (const [name, stored] of readTensors(path)) loaded.set(name, { kind: 'memory', ...stored });
  }
  return (name) => loaded.get(name);
}
