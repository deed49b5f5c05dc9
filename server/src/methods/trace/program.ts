/**
 * The trace program: one forward pass with every dictionary's encoder spliced behind its hook, so that one run gives
 * all features and only small numbers come out. `rows` of positions [from, to) are encoded; the model runs on all.
 */
import type { SizedProgram } from '../../core/runner.ts';
import { inTurns, type Pieces } from '../../core/turn.ts';
import type { Dictionary } from '../../dictionary/dictionary.ts';
import { measure } from '../../dictionary/dictionary-graph.ts';
import { hookInput, hookTarget, isTranscoder, prepareInput } from '../../dictionary/input.ts';
import { type GraphBuilder, graphBuilder } from '../../graph/builder.ts';
import type { Value } from '../../graph/ir.ts';
import type { Target } from '../../graph/lower.ts';
import { modelGraphInPieces } from '../../graph/model-graph.ts';
import { PAST_LENGTH, type PastInputs, pastInputs, pastNames } from '../../graph/past.ts';
import { prune } from '../../graph/prune.ts';
import { serialize, serializeInPieces } from '../../graph/serialize.ts';
import type { ModelHandle } from '../model-handle.ts';
import { addPredictions, PREDICTION_OUTPUTS } from './predictions.ts';

/** What a trace program computes. */
export interface TracePlan {
  readonly dictionaries: readonly Dictionary[];
  /** Features per position and dictionary. */
  readonly k: number;
  /** Likely next tokens per position; 0 for no predictions. */
  readonly predictions: number;
  /**
   * `fused`: encoders and unembedding run with the model. `staged`: only their inputs come out, for texts whose
   * [rows, d_sae] or [rows, d_vocab] would not fit in memory at once.
   */
  readonly stage: 'fused' | 'staged';
}

/** Output names of dictionary `i` in a trace program. */
export function dictionaryOutputs(i: number, dictionary: Dictionary, plan: TracePlan): string[] {
  const rows = isTranscoder(dictionary) ? ['x', 'y'] : ['x'];
  const measured = plan.stage === 'fused' ? ['values', 'indices', 'l0', 'error_sq', 'target_sq'] : [];
  return [...rows, ...measured].map((name) => `${i}.${name}`);
}

/** Every output of a trace program. */
export function traceOutputs(plan: TracePlan): string[] {
  const predictions = plan.predictions === 0 ? [] : plan.stage === 'fused' ? PREDICTION_OUTPUTS : ['final'];
  return [...plan.dictionaries.flatMap((dictionary, i) => dictionaryOutputs(i, dictionary, plan)), ...predictions];
}

/** Names everything that a trace program depends on. */
export function traceKey(model: ModelHandle, plan: TracePlan): string {
  const used = plan.dictionaries.map((d) =>
    [d.name, d.digest, d.folding, d.center_input, d.hook_in, d.hook_out].join('/'),
  );
  return `trace ${model.digest} ${used.join()} ${plan.k} ${plan.predictions} ${plan.stage}`;
}

/** Layers whose keys and values a trace program needs: those with attention below the last hook that is read. */
export async function pastLayers(model: ModelHandle, plan: TracePlan): Promise<number> {
  const key = traceKey(model, plan);
  const depths = DEPTHS.get(model) ?? new Map<string, Promise<number>>();
  DEPTHS.set(model, depths);
  const depth = depths.get(key) ?? countLayers(model, plan, key);
  depths.set(key, depth);
  try {
    return await depth;
  } catch (error) {
    depths.delete(key);
    throw error;
  }
}

async function countLayers(model: ModelHandle, plan: TracePlan, key: string): Promise<number> {
  const graph = await inTurns(traceGraph(model, plan));
  // Whoever asks for the first time is about to open the program.
  DRAFTS.set(model, { key, graph });
  return graph.depth;
}

/** Depth by plan: asked for at every run, while the graph is built only when a program is opened. */
const DEPTHS = new WeakMap<ModelHandle, Map<string, Promise<number>>>();
/** The graph that a depth was counted in, until its program is made. */
const DRAFTS = new WeakMap<ModelHandle, { readonly key: string; readonly graph: TraceGraph }>();

/**
 * Builds the program. Inputs: `tokens` int64 [batch, pos]; `from`, `to` int64 [1], the positions to encode; with
 * predictions `from.predictions` and `targets`, since the token at `from` is predicted one position earlier; past keys
 * and values of `pastLayers` layers, whose new rows are outputs.
 */
export async function traceProgram(model: ModelHandle, plan: TracePlan, target: Target): Promise<SizedProgram> {
  const draft = DRAFTS.get(model);
  DRAFTS.delete(model);
  const known = draft?.key === traceKey(model, plan) ? draft.graph : undefined;
  const { b, past, depth } = known ?? (await inTurns(traceGraph(model, plan)));
  past.outputNew(depth);
  const label = `trace of ${plan.dictionaries.length} dictionaries${plan.predictions > 0 ? ' with predictions' : ''}`;
  return inTurns(serializeInPieces(b.finish(), label, target, ['tokens', 'to', PAST_LENGTH]));
}

/** Predictions on the final residual: inputs `final` [batch, pos, d_model] and `targets` [batch, pos]. */
export function predictionProgram(model: ModelHandle, count: number, target: Target): SizedProgram {
  const b = graphBuilder();
  addPredictions(b, model, b.input('final', 'float32', ['batch', 'pos', model.spec.d_model]), count);
  return serialize(b.finish(), 'predictions', target);
}

interface TraceGraph {
  readonly b: GraphBuilder;
  readonly past: PastInputs;
  readonly depth: number;
}

function* traceGraph(model: ModelHandle, plan: TracePlan): Pieces<TraceGraph> {
  const reads = [...new Set(plan.dictionaries.flatMap(({ hook_in, hook_out }) => [hook_in, hook_out]))];
  let past: PastInputs | undefined;
  const { b, final, hooks } = yield* modelGraphInPieces(model.spec, model.weights, { reads }, (builder) => {
    past = pastInputs(builder, model.spec);
    return past;
  });
  const to = b.input('to', 'int64', [1]);
  if (plan.dictionaries.length > 0) {
    const from = b.input('from', 'int64', [1]);
    const at = (hook: string): Value => b.op('SliceDynamic', [hooks.get(hook)!, from, to], { axis: 1, as: 'rows' });
    for (const [i, dictionary] of plan.dictionaries.entries()) {
      spliceDictionary(b, dictionary, i, plan, at);
      yield;
    }
  }
  if (plan.predictions > 0) {
    const from = b.input('from.predictions', 'int64', [1]);
    const rows = b.op('SliceDynamic', [final, from, to], { axis: 1, as: 'rows.predictions' });
    if (plan.stage === 'fused') addPredictions(b, model, rows, plan.predictions);
    else b.output('final', rows);
  }
  const live = new Set(prune(b.finish()).inputs.map((input) => input.name));
  const depth = model.spec.layers.filter((_, layer) => live.has(pastNames(layer).k.past)).length;
  return { b, past: past!, depth };
}

function spliceDictionary(
  b: GraphBuilder,
  dictionary: Dictionary,
  i: number,
  plan: TracePlan,
  at: (hook: string) => Value,
): void {
  const x = hookInput(b, dictionary, at(dictionary.hook_in));
  const y = isTranscoder(dictionary) ? hookTarget(b, dictionary, at(dictionary.hook_out)) : x;
  const available: Record<string, Value> = { x, y };
  if (plan.stage === 'fused') {
    const input = prepareInput(b, dictionary, x);
    Object.assign(available, measure(b, dictionary, input, y, { variant: 'sparse', k: plan.k }));
  }
  for (const name of dictionaryOutputs(i, dictionary, plan))
    b.output(name, available[name.slice(name.indexOf('.') + 1)]!);
}
