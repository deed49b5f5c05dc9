/** Runs a model over measured text and keeps what one layer's measurement looks at. */
import type { Runner } from '../../core/runner.ts';
import { int64 } from '../../core/tensor.ts';
import type { Dictionary } from '../../dictionary/dictionary.ts';
import { encode } from '../../dictionary/encode.ts';
import { hookInput, prepareInput } from '../../dictionary/input.ts';
import { cast, reshape } from '../../graph/expr.ts';
import { productDim } from '../../graph/ir.ts';
import { modelGraph } from '../../graph/model-graph.ts';
import { serialize } from '../../graph/serialize.ts';
import type { ModelHandle } from '../../methods/model-handle.ts';
import type { MeasuredText } from './text.ts';

/** Values at the rows of a text. */
export interface Layer {
  /** The dictionary's input, [rows, d_in]. */
  readonly input: Float32Array;
  /** `mlp.hook_post` of the same block, [rows, d_mlp]. */
  readonly neurons: Float32Array;
  /** Active features, [rows, k]; surplus places hold value 0. */
  readonly indices: Uint16Array;
  readonly values: Float32Array;
  readonly k: number;
}

/** Most active features that are kept per row; dictionaries without a fixed number seldom have more. */
const MAX_ACTIVE = 64;
const RUN_TOKENS = 4096;

/** Reads one layer. BOS and EOS are no rows. */
export async function collectLayer(
  runner: Runner,
  model: ModelHandle,
  dictionary: Dictionary,
  layer: number,
  text: MeasuredText,
  signal?: AbortSignal,
): Promise<Layer> {
  const post = `blocks.${layer}.mlp.hook_post`;
  const { b, hooks } = modelGraph(model.spec, model.weights, { reads: [dictionary.hook_in, post] });
  const x = hookInput(b, dictionary, hooks.get(dictionary.hook_in)!);
  const encoded = encode(b, dictionary, prepareInput(b, dictionary, x));
  const k = Math.min(MAX_ACTIVE, encoded.maxActive);
  const top = encoded.topK(k);
  const neurons = hooks.get(post)!;
  const { d_mlp } = model.spec;
  b.output('x', x);
  b.output('neurons', reshape(b, neurons, [productDim(neurons.shape.slice(0, 2)), d_mlp]));
  b.output('indices', cast(b, top.indices, 'float32'));
  b.output('values', top.values);
  const target = runner.device === 'cpu' ? 'cpu' : 'gpu';
  const program = serialize(b.finish(), `layer ${layer}`, target, ['tokens']);
  const session = await runner.open(program, { weights: 'packed' }, signal);
  const { d_in } = dictionary;
  const found = {
    input: new Float32Array(text.rows * d_in),
    neurons: new Float32Array(text.rows * d_mlp),
    indices: new Uint16Array(text.rows * k),
    values: new Float32Array(text.rows * k),
    k,
  };
  try {
    let row = 0;
    let done = 0;
    for (const part of inRuns(text.sequences)) {
      const width = Math.max(...part.map((ids) => ids.length));
      const padded = part.flatMap((ids) => [...ids, ...Array<number>(width - ids.length).fill(0)]);
      const names = ['x', 'neurons', 'indices', 'values'];
      const outputs = await runner.run(session, { tokens: int64([part.length, width], padded) }, names, signal);
      part.forEach((_, i) => {
        for (; row < text.rows && text.documents[row] === done + i; row++) {
          const at = i * width + text.positions[row]!;
          copy(outputs.x!.data, at, d_in, found.input, row);
          copy(outputs.neurons!.data, at, d_mlp, found.neurons, row);
          copy(outputs.indices!.data, at, k, found.indices, row);
          copy(outputs.values!.data, at, k, found.values, row);
        }
      });
      done += part.length;
    }
  } finally {
    await runner.close(session);
  }
  return found;
}

/** Consecutive sequences that fit in one run. */
export function inRuns(sequences: readonly (readonly number[])[]): (readonly number[])[][] {
  const parts: (readonly number[])[][] = [];
  let width = 0;
  for (const ids of sequences) {
    const last = parts.at(-1);
    width = Math.max(width, ids.length);
    if (last && (last.length + 1) * width <= RUN_TOKENS) last.push(ids);
    else {
      parts.push([ids]);
      width = ids.length;
    }
  }
  return parts;
}

function copy(
  from: ArrayLike<number | bigint>,
  at: number,
  width: number,
  to: Float32Array | Uint16Array,
  row: number,
): void {
  for (let j = 0; j < width; j++) to[row * width + j] = Number(from[at * width + j]);
}
