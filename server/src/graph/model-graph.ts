/** One instrumented forward pass as a graph under construction; callers add their own outputs and serialise it. */
import { atOnce, type Pieces } from '../core/turn.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { PastKeyValues, WeightSource } from './blocks/context.ts';
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

/** Builds the forward pass with its reads, writes and taps, after past tokens where `withPast` makes some. */
export function modelGraph(...model: Parameters<typeof modelGraphInPieces>): ModelGraph {
  return atOnce(modelGraphInPieces(...model));
}

/** The same where others wait for the event loop. */
export function* modelGraphInPieces(
  spec: ModelSpec,
  weights: WeightSource,
  plan: InstrumentPlan = {},
  withPast: (b: GraphBuilder) => PastKeyValues | undefined = () => undefined,
): Pieces<ModelGraph> {
  const b = graphBuilder();
  const hooks = instrument(b, hookModel(spec), plan);
  const past = withPast(b);
  const { tokens, final } = yield* forward({ b, spec, weights, hooks, ...(past ? { past } : {}) });
  return { b, tokens, final, logits: unembed({ b, spec, weights }, final), hooks: hooks.values };
}
