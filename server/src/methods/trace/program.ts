/**
 * The trace program: one forward pass with every dictionary's encoder spliced behind its hook, so that one run gives
 * all features and only small numbers come out. `rows` of positions [from, to) are encoded; the model runs on all.
 */
import type { SizedProgram } from '../../core/runner.ts';
import type { Dictionary } from '../../dictionary/dictionary.ts';
import { measure } from '../../dictionary/dictionary-graph.ts';
import { hookInput, hookTarget, isTranscoder, prepareInput } from '../../dictionary/input.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import { graphBuilder } from '../../graph/builder.ts';
import type { Value } from '../../graph/ir.ts';
import type { Target } from '../../graph/lower.ts';
import { modelGraph } from '../../graph/model-graph.ts';
import { serialize } from '../../graph/serialize.ts';
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

/**
 * Builds the program. Inputs: `tokens` int64 [1, pos]; `from`, `to` int64 [1], the positions to encode; with
 * predictions `from.predictions` and `targets`, since the token at `from` is predicted one position earlier.
 */
export function traceProgram(model: ModelHandle, plan: TracePlan, target: Target): SizedProgram {
  const reads = [...new Set(plan.dictionaries.flatMap(({ hook_in, hook_out }) => [hook_in, hook_out]))];
  const { b, final, hooks } = modelGraph(model.spec, model.weights, { reads });
  const to = b.input('to', 'int64', [1]);
  if (plan.dictionaries.length > 0) {
    const from = b.input('from', 'int64', [1]);
    const at = (hook: string): Value => b.op('SliceDynamic', [hooks.get(hook)!, from, to], { axis: 1, as: 'rows' });
    plan.dictionaries.forEach((dictionary, i) => {
      spliceDictionary(b, dictionary, i, plan, at);
    });
  }
  if (plan.predictions > 0) {
    const from = b.input('from.predictions', 'int64', [1]);
    const rows = b.op('SliceDynamic', [final, from, to], { axis: 1, as: 'rows.predictions' });
    if (plan.stage === 'fused') addPredictions(b, model, rows, plan.predictions);
    else b.output('final', rows);
  }
  const label = `trace of ${plan.dictionaries.length} dictionaries${plan.predictions > 0 ? ' with predictions' : ''}`;
  return serialize(b.finish(), label, target);
}

/** Predictions on rows of the final residual: inputs `final` [rows, d_model] and `targets`. */
export function predictionProgram(model: ModelHandle, count: number, target: Target): SizedProgram {
  const b = graphBuilder();
  addPredictions(b, model, b.input('final', 'float32', ['rows', model.spec.d_model]), count);
  return serialize(b.finish(), 'predictions', target);
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
