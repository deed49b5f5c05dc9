/** Raw tensors at hooks and logits: one run of the model, pruned to what is read. */
import { parseHook } from '../core/hook-name.ts';
import { int64, type Tensor } from '../core/tensor.ts';
import { hookModel } from '../graph/hooks.ts';
import { modelGraph } from '../graph/model-graph.ts';
import { serialize } from '../graph/serialize.ts';
import type { Execution, SessionRecipe } from './execution.ts';
import { checkIds, type ModelHandle } from './model-handle.ts';

/** The name under which `readActivations` returns logits, [batch, pos, d_vocab]. */
export const LOGITS = 'logits';

/**
 * Runs the model on one sequence of ids and returns the tensors asked for, float32 with a batch axis of 1.
 * @throws unknown-hook for a name the model lacks; unknown-token for ids outside its vocabulary.
 */
export async function readActivations(
  execution: Execution,
  model: ModelHandle,
  ids: readonly number[],
  names: readonly string[],
  signal?: AbortSignal,
): Promise<Record<string, Tensor<'float32'>>> {
  checkIds(model, ids);
  const known = hookModel(model.spec);
  const hooks = names.map((name) => (name === LOGITS ? LOGITS : parseHook(name, known).name));
  const feeds = { tokens: int64([1, ids.length], ids) };
  const recipe = activationsRecipe(execution, model, [...new Set(hooks)].sort());
  const outputs = await execution.withSession(recipe, (id) => execution.runner.run(id, feeds, hooks, signal), signal);
  return outputs as Record<string, Tensor<'float32'>>;
}

function activationsRecipe(execution: Execution, model: ModelHandle, hooks: readonly string[]): SessionRecipe {
  return {
    key: `activations ${model.digest} ${hooks.join()}`,
    weights: 'mapped',
    build() {
      const reads = hooks.filter((name) => name !== LOGITS);
      const graph = modelGraph(model.spec, model.weights, { reads });
      if (hooks.includes(LOGITS)) graph.b.output(LOGITS, graph.logits);
      for (const [name, value] of graph.hooks) graph.b.output(name, value);
      return serialize(graph.b.finish(), `activations at ${hooks.join(', ')}`, execution.target, ['tokens']);
    },
  };
}
