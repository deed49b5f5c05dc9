/**
 * What a feature's weights say without running the model: direct effect on the logits, nearest features by decoder
 * direction, agreement of encoder and decoder. One small program per dictionary; weights stay mapped.
 */
import { lookUp } from '../core/hook-name.ts';
import { int64, type Tensor } from '../core/tensor.ts';
import { decoderNorms, stored, weight } from '../dictionary/constants.ts';
import type { Dictionary } from '../dictionary/dictionary.ts';
import { type GraphBuilder, graphBuilder } from '../graph/builder.ts';
import { add, cast, gatherRows, mul, neg, reduceSum, reshape, sqrt, squaredNorm } from '../graph/expr.ts';
import type { Value } from '../graph/ir.ts';
import { serialize } from '../graph/serialize.ts';
import type { Execution, SessionRecipe } from './execution.ts';
import type { ModelHandle } from './model-handle.ts';

/** An index with a number, strongest first. */
export interface Scored {
  readonly index: number;
  readonly score: number;
}

export interface FeatureWeights {
  /** Cosine of the encoder's column and the decoder's row; null where their spaces differ (transcoders). */
  readonly encoder_decoder_cosine: number | null;
  /** Tokens whose logits the feature raises and lowers most; null where the dictionary does not write to the residual stream. */
  readonly top_logits: readonly Scored[] | null;
  readonly bottom_logits: readonly Scored[] | null;
  /** Features with the most similar decoder rows, by cosine, itself left out. */
  readonly neighbours: readonly Scored[];
}

/**
 * Reads one feature's weights.
 * Logits: one unit of activation, folded as activations are, through ln_final's gain and W_U, without ln_final's division by the
 * scale and without softcap: a direction, not a prediction. Units: logits per unit of activation and unit scale.
 */
export async function featureWeights(
  execution: Execution,
  model: ModelHandle,
  dictionary: Dictionary,
  index: number,
  count: number,
  signal?: AbortSignal,
): Promise<FeatureWeights> {
  const recipe = featureRecipe(execution, model, dictionary, count);
  const names = ['neighbours.values', 'neighbours.indices'];
  if (sharesSpace(dictionary)) names.push('cosine');
  if (writesResidual(dictionary)) names.push('top.values', 'top.indices', 'bottom.values', 'bottom.indices');
  const feeds = { index: int64([1], [index]) };
  const outputs = await execution.withSession(recipe, (id) => execution.runner.run(id, feeds, names, signal), signal);
  const residual = writesResidual(dictionary);
  return {
    encoder_decoder_cosine: sharesSpace(dictionary) ? (outputs.cosine!.data[0] as number) : null,
    top_logits: residual ? scored(outputs, 'top', 1) : null,
    bottom_logits: residual ? scored(outputs, 'bottom', -1) : null,
    neighbours: scored(outputs, 'neighbours', 1)
      .filter((entry) => entry.index !== index)
      .slice(0, count),
  };
}

/** Whether a decoder row is a direction of the residual stream. */
export function writesResidual({ hook_out }: Dictionary): boolean {
  const shape = lookUp(hook_out)?.definition.shape;
  return shape?.length === 2 && shape[1] === 'd_model' && !hook_out.includes('.ln');
}

function sharesSpace({ hook_in, hook_out }: Dictionary): boolean {
  return hook_in === hook_out;
}

function featureRecipe(execution: Execution, model: ModelHandle, dictionary: Dictionary, count: number): SessionRecipe {
  return {
    key: `feature ${model.digest} ${dictionary.digest} ${dictionary.folding} ${count}`,
    weights: 'mapped',
    build() {
      const b = graphBuilder();
      const index = b.input('index', 'int64', [1]);
      const W_dec = stored(b, dictionary, 'W_dec', dictionary.W_dec);
      const row = cast(b, gatherRows(b, W_dec, index), 'float32');
      addNeighbours(b, dictionary, row, index, count);
      if (sharesSpace(dictionary)) b.output('cosine', cosine(b, row, encoderRow(b, dictionary, index)));
      if (writesResidual(dictionary)) addLogits(b, model, perActivation(b, dictionary, row, index), count);
      return serialize(b.finish(), `feature of ${dictionary.name}`, execution.target);
    },
  };
}

function addNeighbours(b: GraphBuilder, dictionary: Dictionary, row: Value, index: Value, count: number): void {
  const { d_sae } = dictionary;
  const products = b.op('Gemm', [row, weight(b, dictionary, 'W_dec', dictionary.W_dec)], {
    transA: false,
    transB: true,
  });
  const inverse = decoderNorms(b, dictionary, 'inverse');
  const cosines = mul(b, mul(b, products, inverse), gatherRows(b, inverse, index));
  addTop(b, 'neighbours', cosines, Math.min(count + 1, d_sae));
}

function encoderRow(b: GraphBuilder, dictionary: Dictionary, index: Value): Value {
  const { W_enc } = dictionary;
  const matrix = stored(b, dictionary, 'W_enc', W_enc.source);
  const picked = b.op('Gather', [matrix, index], { axis: W_enc.layout === 'sae_in' ? 0 : 1 });
  return cast(b, reshape(b, picked, [1, dictionary.d_in]), 'float32');
}

function cosine(b: GraphBuilder, x: Value, y: Value): Value {
  const norms = sqrt(b, mul(b, squaredNorm(b, x), squaredNorm(b, y)));
  return b.op('Div', [reduceSum(b, mul(b, x, y), [1]), norms], {});
}

/** Rows [n, …] that stand for `indices`, per unit of activation: folded activations stand for unit decoder rows. */
export function perActivation(b: GraphBuilder, dictionary: Dictionary, rows: Value, indices: Value | null): Value {
  if (dictionary.folding !== 'folded') return rows;
  const inverse = decoderNorms(b, dictionary, 'inverse');
  return mul(b, rows, indices === null ? inverse : gatherRows(b, inverse, indices));
}

function addLogits(b: GraphBuilder, model: ModelHandle, row: Value, count: number): void {
  const { spec, weights } = model;
  const constant = (name: string): Value => cast(b, b.constant(name, weights(name)!), 'float32');
  const w = constant(spec.ln_final.weight);
  const gain = spec.norm.gainOffset === 0 ? w : add(b, w, b.scalar(spec.norm.gainOffset));
  const transB = spec.W_U.layout === 'out_in';
  const logits = b.op('Gemm', [mul(b, row, gain), constant(spec.W_U.weight)], { transA: false, transB });
  addTop(b, 'top', logits, Math.min(count, spec.d_vocab));
  addTop(b, 'bottom', neg(b, logits), Math.min(count, spec.d_vocab));
}

function addTop(b: GraphBuilder, name: string, scores: Value, k: number): void {
  const [values, indices] = b.ops('TopK', [scores], { k }) as [Value, Value];
  b.output(`${name}.values`, values);
  b.output(`${name}.indices`, indices);
}

function scored(outputs: Record<string, Tensor>, name: string, sign: 1 | -1): Scored[] {
  const values = outputs[`${name}.values`]!.data as Float32Array;
  const indices = outputs[`${name}.indices`]!.data as BigInt64Array;
  return Array.from(values, (value, i) => ({ index: Number(indices[i]), score: sign * value }));
}
