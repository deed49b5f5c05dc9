/**
 * The matrix products that a trace cannot avoid, and nothing else: one program of Gemms on the same weights with the
 * same row count. Attention's own products (3 % of a block's) are left out, as are biases, so the yardstick is short.
 */
import type { SizedProgram } from '../../server/dist/core/runner.js';
import { float32, type Tensor } from '../../server/dist/core/tensor.js';
import type { Dictionary } from '../../server/dist/dictionary/dictionary.js';
import { graphBuilder } from '../../server/dist/graph/builder.js';
import type { Value } from '../../server/dist/graph/ir.js';
import { serialize } from '../../server/dist/graph/serialize.js';
import type { ModelHandle } from '../../server/dist/methods/model-handle.js';
import { randomFill } from './random-weights.js';

export interface Products {
  readonly program: SizedProgram;
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** The one small output that is fetched; all products are outputs, so all are computed. */
  readonly fetch: string;
  /** Floating-point operations, two for each multiplication with its addition. */
  readonly flop: number;
  /** Bytes of the matrices in float32. */
  readonly matrixBytes: number;
}

/** What the products are taken of. */
export interface ProductPlan {
  readonly positions: number;
  /** Blocks to run. */
  readonly layers: number;
  readonly dictionaries: readonly Dictionary[];
  readonly unembedding: boolean;
}

/** Builds the products of `layers` blocks, the dictionaries' encoders and, with predictions, the unembedding. */
export function bareProducts(model: ModelHandle, plan: ProductPlan): Products {
  const b = graphBuilder();
  const inputs = new Map<number, Value>();
  const outputs: string[] = [];
  let flop = 0;
  let matrixBytes = 0;
  const multiply = (name: string, transB = false): void => {
    const source = model.weights(name) ?? dictionaryWeight(plan, name);
    const [rows, columns] = source.shape as [number, number];
    const [from, to] = transB ? [columns, rows] : [rows, columns];
    const x = inputs.get(from) ?? b.input(`x${from}`, 'float32', ['rows', from]);
    inputs.set(from, x);
    b.output(`y${outputs.length}`, b.op('Gemm', [x, b.constant(name, source)], { transA: false, transB }));
    outputs.push(name);
    flop += 2 * plan.positions * from * to;
    matrixBytes += 4 * from * to;
  };
  for (const layer of Array(plan.layers).keys()) {
    for (const part of ['attn.c_proj', 'attn.c_attn', 'mlp.c_fc', 'mlp.c_proj']) multiply(`h.${layer}.${part}.weight`);
  }
  for (const { name } of plan.dictionaries) multiply(name);
  if (plan.unembedding) multiply('wte.weight', true);
  const feeds = Object.fromEntries([...inputs.keys()].map((width) => [`x${width}`, randomRows(plan.positions, width)]));
  const program = serialize(b.finish(), 'bare products', 'cpu');
  return { program, feeds, fetch: 'y0', flop, matrixBytes };
}

/** One product, [1024, 1024] × [1024, 4096], large enough for the most that the machine does. */
export function peakProduct(): Products {
  const [rows, inner, columns] = [1024, 1024, 4096];
  const b = graphBuilder();
  const x = b.input('x', 'float32', ['rows', inner]);
  const data = new Float32Array(inner * columns);
  randomFill(5)(data, 1);
  const W = b.constant('W', { kind: 'memory', dtype: 'float32', shape: [inner, columns], data });
  const product = b.op('Gemm', [x, W], { transA: false, transB: false });
  b.output('y', product);
  // One number stands for the product, so that 16 MB need not cross the process boundary.
  b.output('one', b.op('Slice', [product], { axis: 1, start: 0, end: 1 }));
  return {
    program: serialize(b.finish(), 'peak product', 'cpu'),
    feeds: { x: randomRows(rows, inner) },
    fetch: 'one',
    flop: 2 * rows * inner * columns,
    matrixBytes: 4 * inner * columns,
  };
}

function dictionaryWeight({ dictionaries }: ProductPlan, name: string) {
  const dictionary = dictionaries.find((entry) => entry.name === name);
  if (dictionary?.W_enc.layout !== 'in_sae') throw new Error(`no weight ${name} in [in, out] layout`);
  return dictionary.W_enc.source;
}

function randomRows(rows: number, width: number): Tensor {
  const data = new Float32Array(rows * width);
  randomFill(rows + width)(data, 1);
  return float32([rows, width], data);
}
