/**
 * One training step of a language model as a program: forward, mean cross-entropy, gradients of every weight, clipping,
 * update. Inputs `tokens` and `targets` int64 [batch, pos], the optimiser's scalars, and the state; outputs `loss` (nats
 * per token) and `norm` (of the gradients, before clipping), both shape [].
 */
import { normal, type Random } from '../core/random.ts';
import { float32, sizeOf, type Tensor } from '../core/tensor.ts';
import { type GraphBuilder, graphBuilder } from '../graph/builder.ts';
import { neg, reshape, rows } from '../graph/expr.ts';
import { gradient } from '../graph/gradient/gradient.ts';
import type { Value } from '../graph/ir.ts';
import type { Target } from '../graph/lower.ts';
import { modelGraph } from '../graph/model-graph.ts';
import { requiredTensors } from '../model/shapes.ts';
import type { ModelSpec } from '../model/spec.ts';
import { type OptimizerSettings, optimize, stepInputs } from './optimizer.ts';
import { type StateProgram, stateGraph } from './state.ts';
import { attentionApart, constantsAsInputs, placeholder } from './trainable.ts';

/** AdamW for all weights, or Muon for the matrices inside the blocks and AdamW for the rest. */
export type MatrixOptimizer = 'adam' | 'muon';

/** Builds the step's program. */
export function modelStep(
  spec: ModelSpec,
  settings: OptimizerSettings,
  matrices: MatrixOptimizer,
  target: Target,
): StateProgram {
  const { b, loss, weights } = trainableLoss(spec);
  const state = stateGraph(b);
  const gradients = gradient(b, loss, [...weights.values()]);
  const uses = requiredTensors(spec);
  const trained = [...weights].map(([name, parameter], i) => {
    const matrix = uses.get(name)!.use === 'matrix';
    state.adopt(parameter);
    return { parameter, gradient: gradients[i]!, decay: matrix, by: matrix ? matrices : ('adam' as const) };
  });
  const norm = optimize(state, stepInputs(b), trained, settings);
  b.output('loss', loss);
  b.output('norm', norm);
  return state.finish('training step', target);
}

/** The loss of a model whose weights are inputs, by their checkpoint names. */
export function trainableLoss(spec: ModelSpec): {
  readonly b: GraphBuilder;
  readonly loss: Value;
  readonly weights: ReadonlyMap<string, Value>;
} {
  const shapes = requiredTensors(spec);
  const model = modelGraph(spec, (name) => placeholder(shapes.get(name)!.shape));
  const graph = attentionApart(constantsAsInputs(model.b.finish(), shapes));
  const b = graphBuilder(graph);
  const targets = b.input('targets', 'int64', model.tokens.shape);
  const loss = crossEntropy(b, model.logits, targets);
  const inputs = new Map(graph.inputs.map((value) => [value.name, value]));
  return { b, loss, weights: new Map([...shapes.keys()].map((name) => [name, inputs.get(name)!])) };
}

/** Mean −log P(target) over all positions, nats, shape []; logits [batch, pos, d_vocab]. */
export function crossEntropy(b: GraphBuilder, logits: Value, targets: Value): Value {
  const logprobs = b.op('LogSoftmax', [rows(b, logits)], {});
  const chosen = b.op('GatherElements', [logprobs, reshape(b, targets, [logprobs.shape[0]!, 1])], { axis: 1 });
  return neg(b, reshape(b, b.op('ReduceMean', [chosen], { axes: [0, 1] }), []));
}

const DEVIATION = 0.02;

/**
 * Fresh weights: normal with deviation 0.02, those that write to the residual stream divided by √(2·n_layers) (GPT-2's
 * rule), gains 1 (0 where the family adds 1 itself), biases 0.
 */
export function initialWeights(spec: ModelSpec, random: Random): Map<string, Tensor> {
  const writers = new Set(
    spec.layers.flatMap(({ o, mlp }) => [o.weight, (mlp.kind === 'gated' ? mlp.down : mlp.out).weight]),
  );
  const gains = new Set(norms(spec));
  const made = new Map<string, Tensor>();
  for (const [name, { shape, use }] of requiredTensors(spec)) {
    const data = new Float32Array(sizeOf(shape));
    const deviation = writers.has(name) ? DEVIATION / Math.sqrt(2 * spec.n_layers) : DEVIATION;
    if (use === 'vector') data.fill(gains.has(name) ? 1 - spec.norm.gainOffset : 0);
    else for (let i = 0; i < data.length; i++) data[i] = deviation * normal(random);
    made.set(name, float32(shape, data));
  }
  return made;
}

function norms(spec: ModelSpec): string[] {
  const perLayer = spec.layers.flatMap(({ ln1, ln2, ln1_post, ln2_post, q_norm, k_norm }) => [
    ln1,
    ln2,
    ln1_post,
    ln2_post,
    q_norm,
    k_norm,
  ]);
  return [...perLayer, spec.ln_final].flatMap((entry) => entry?.weight ?? []);
}
