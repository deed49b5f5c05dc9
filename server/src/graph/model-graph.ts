/** One instrumented forward pass as a graph under construction; callers add their own outputs and serialise it. */
import type { ModelSpec } from '../model/spec.ts';
import type { WeightSource } from './blocks/context.ts';
import { type GraphBuilder, graphBuilder } from './builder.ts';
import { forward, unembed } from './forward.ts';
import { hookModel } from './hooks.ts';
import { type InstrumentPlan, instrument } from './instrument.ts';
import type { Value } from './ir.ts';

export interface ModelGraph {
  readonly b: GraphBuilder;
  /** int64 [batch, pos]. */
  readonly tokens: Value;
  /** float32 [batch, pos, d_model], what the unembedding reads. */
  readonly final: Value;
  /** float32 [batch, pos, d_vocab], after any final softcap. */
  readonly logits: Value;
  /** Values at the hooks that were read. */
  readonly hooks: ReadonlyMap<string, Value>;
}

/** Builds the forward pass with its reads, writes and taps; nothing is pruned until it is serialised. */
export function modelGraph(spec: ModelSpec, weights: WeightSource, plan: InstrumentPlan = {}): ModelGraph {
  const b = graphBuilder();
  const hooks = instrument(b, hookModel(spec), plan);
  const { tokens, final } = forward({ b, spec, weights, hooks });
  return { b, tokens, final, logits: unembed({ b, spec, weights }, final), hooks: hooks.values };
}
