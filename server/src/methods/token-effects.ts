/**
 * Which features push one token: the direct effect of decoder rows on its logit, through ln_final's gain alone, as on a
 * feature's page (no scale, no softcap, no mean removed). A direction, not a prediction: what later blocks make of a
 * feature is not in it.
 */
import { SondeError } from '../core/errors.ts';
import { int64, type Tensor } from '../core/tensor.ts';
import { stored, weight } from '../dictionary/constants.ts';
import type { Dictionary } from '../dictionary/dictionary.ts';
import { type GraphBuilder, graphBuilder } from '../graph/builder.ts';
import { add, cast, gatherRows, mul, neg, reshape } from '../graph/expr.ts';
import type { Value } from '../graph/ir.ts';
import { serialize } from '../graph/serialize.ts';
import type { Execution, SessionRecipe } from './execution.ts';
import { perActivation, type Scored, writesResidual } from './feature-page.ts';
import type { ModelHandle } from './model-handle.ts';

/**
 * Direct effect of single features on a token's logit, in the order given: logits per unit of activation and unit scale.
 * @throws invalid-params where the dictionary does not write to the residual stream.
 */
export async function featureEffects(
  execution: Execution,
  model: ModelHandle,
  dictionary: Dictionary,
  features: readonly number[],
  token: number,
  signal?: AbortSignal,
): Promise<number[]> {
  const recipe = recipeOf(execution, model, dictionary, 'single', (b, direction) => {
    const indices = b.input('features', 'int64', ['features']);
    const rows = cast(b, gatherRows(b, stored(b, dictionary, 'W_dec', dictionary.W_dec), indices), 'float32');
    const effects = b.op('Gemm', [rows, direction], { transA: false, transB: true });
    b.output('effects', perActivation(b, dictionary, reshape(b, effects, ['features']), indices));
  });
  const feeds = { token: int64([1], [token]), features: int64([features.length], features) };
  const { effects } = await run(execution, recipe, feeds, ['effects'], signal);
  return [...(effects!.data as Float32Array)];
}

/** Features that raise a token's logit most, and those that lower it most; `count` of each. @throws invalid-params as above. */
export async function featuresOfToken(
  execution: Execution,
  model: ModelHandle,
  dictionary: Dictionary,
  token: number,
  count: number,
  signal?: AbortSignal,
): Promise<{ readonly raise: readonly Scored[]; readonly lower: readonly Scored[] }> {
  const { d_sae } = dictionary;
  const recipe = recipeOf(execution, model, dictionary, `all ${count}`, (b, direction) => {
    const W_dec = weight(b, dictionary, 'W_dec', dictionary.W_dec);
    const products = reshape(b, b.op('Gemm', [direction, W_dec], { transA: false, transB: true }), [d_sae]);
    const effects = reshape(b, perActivation(b, dictionary, products, null), [1, d_sae]);
    for (const [name, scores] of [['raise', effects] as const, ['lower', neg(b, effects)] as const]) {
      const [values, indices] = b.ops('TopK', [scores], { k: Math.min(count, d_sae) }) as [Value, Value];
      b.output(`${name}.values`, values);
      b.output(`${name}.indices`, indices);
    }
  });
  const names = ['raise.values', 'raise.indices', 'lower.values', 'lower.indices'];
  const outputs = await run(execution, recipe, { token: int64([1], [token]) }, names, signal);
  const scored = (name: string, sign: 1 | -1): Scored[] =>
    Array.from(outputs[`${name}.values`]!.data as Float32Array, (value, i) => ({
      index: Number(outputs[`${name}.indices`]!.data[i]),
      score: sign * value,
    }));
  return { raise: scored('raise', 1), lower: scored('lower', -1) };
}

function run(
  execution: Execution,
  recipe: SessionRecipe,
  feeds: Readonly<Record<string, Tensor>>,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<Record<string, Tensor>> {
  return execution.withSession(recipe, (id) => execution.runner.run(id, feeds, names, signal), signal);
}

/** A program over the direction of a token: gain ⊙ W_U's row of it, [1, d_model] float32. */
function recipeOf(
  execution: Execution,
  { spec, weights, digest }: ModelHandle,
  dictionary: Dictionary,
  form: string,
  finish: (b: GraphBuilder, direction: Value) => void,
): SessionRecipe {
  if (!writesResidual(dictionary)) {
    throw new SondeError('invalid-params', `${dictionary.name} does not write to the residual stream.`, {
      found: dictionary.hook_out,
      expected: 'a dictionary whose output hook is on the residual stream',
    });
  }
  return {
    key: `token effects ${form} ${digest} ${dictionary.digest} ${dictionary.folding}`,
    weights: 'mapped',
    build() {
      const b = graphBuilder();
      const token = b.input('token', 'int64', [1]);
      const constant = (name: string): Value => b.constant(name, weights(name)!);
      const axis = spec.W_U.layout === 'out_in' ? 0 : 1;
      const row = b.op('Gather', [constant(spec.W_U.weight), token], { axis });
      const w = cast(b, constant(spec.ln_final.weight), 'float32');
      const gain = spec.norm.gainOffset === 0 ? w : add(b, w, b.scalar(spec.norm.gainOffset));
      finish(b, mul(b, reshape(b, cast(b, row, 'float32'), [1, spec.d_model]), gain));
      return serialize(b.finish(), `token effects of ${dictionary.name}`, execution.target);
    },
  };
}
