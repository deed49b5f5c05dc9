/** One or more small programs per IR op, with feeds: run against the interpreter, and differentiated. */
import { bool, float32, int64, type Tensor } from '../../server/src/core/tensor.ts';
import { type GraphBuilder, graphBuilder } from '../../server/src/graph/builder.ts';
import { type Graph, type OpName, type Shape, sizeOfDim, type Value } from '../../server/src/graph/ir.ts';
import { count } from './interpreter-array.ts';
import { seededRandom } from './random.ts';

/** Sizes of the symbols that cases may use. */
const SIZES: ReadonlyMap<string, number> = new Map([
  ['batch', 2],
  ['pos', 7],
  ['past', 5],
  ['n', 3],
]);

/** Declares inputs of a case together with their random feeds. */
export interface CaseInputs {
  readonly b: GraphBuilder;
  /** Normal numbers times `scale`. */
  normal(shape: Shape, scale?: number): Value;
  /** Numbers in [0.5, 2). */
  positive(shape: Shape): Value;
  /** Whole numbers in [0, limit), with repeats. */
  ids(shape: Shape, limit: number): Value;
  bools(shape: Shape): Value;
  /** Given whole numbers. */
  integers(shape: readonly number[], values: readonly number[]): Value;
}

export interface OpCase {
  readonly op: OpName;
  /** What this case is about, beyond the op's name. */
  readonly about?: string;
  /** Appends the op and returns what is compared. */
  readonly build: (inputs: CaseInputs) => Value | readonly Value[];
  /** Relative to the reference's root mean square; 1e-5 when absent. */
  readonly tolerance?: number;
}

export interface BuiltCase {
  readonly b: GraphBuilder;
  readonly results: readonly Value[];
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** Builds a case's graph under construction, its results and its feeds; the same every time. */
export function buildCase({ build }: OpCase): BuiltCase {
  const b = graphBuilder();
  const random = seededRandom(20);
  const feeds: Record<string, Tensor> = {};
  const feed = (shape: Shape, make: (shape: readonly number[], n: number) => Tensor): Value => {
    const name = `x${Object.keys(feeds).length}`;
    const sizes = shape.map((dim) => sizeOfDim(dim, SIZES));
    const tensor = make(sizes, count(sizes));
    feeds[name] = tensor;
    return b.input(name, tensor.dtype, shape);
  };
  const list = (n: number, f: () => number): number[] => Array.from({ length: n }, f);
  const made = build({
    b,
    normal: (shape, scale = 1) =>
      feed(shape, (sizes, n) =>
        float32(
          sizes,
          list(n, () => scale * random.normal()),
        ),
      ),
    positive: (shape) =>
      feed(shape, (sizes, n) =>
        float32(
          sizes,
          list(n, () => 0.5 + 1.5 * random.uniform()),
        ),
      ),
    ids: (shape, limit) =>
      feed(shape, (sizes, n) =>
        int64(
          sizes,
          list(n, () => Math.floor(limit * random.uniform())),
        ),
      ),
    bools: (shape) =>
      feed(shape, (sizes, n) =>
        bool(
          sizes,
          list(n, () => Number(random.uniform() < 0.5)),
        ),
      ),
    integers: (shape, values) => feed(shape, (sizes) => int64(sizes, values)),
  });
  return { b, results: Array.isArray(made) ? made : [made as Value], feeds };
}

/** A case's finished graph, its results named `y0`, `y1`, …. */
export function caseGraph({ b, results }: BuiltCase): Graph {
  results.forEach((value, i) => {
    b.output(`y${i}`, value);
  });
  return b.finish();
}
