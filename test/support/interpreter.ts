/**
 * Evaluates the graph IR in float64: the oracle for the ONNX spelling of every op and for gradients.
 * Independent of lowering by intent; slow, for small graphs only.
 */
import { type DType, type TypedArray, toFloat32, viewBytes } from '../../server/src/core/dtype.ts';
import type { Tensor, TensorSource } from '../../server/src/core/tensor.ts';
import { withFile } from '../../server/src/files/file-reader.ts';
import { type Dim, type Graph, type Node, type OpName, sizeOfDim, type Value } from '../../server/src/graph/ir.ts';
import { type NdArray, ndArray } from './interpreter-array.ts';
import { ELEMENTWISE } from './interpreter-elementwise.ts';
import { FUSED } from './interpreter-fused.ts';
import { PRODUCTS } from './interpreter-products.ts';
import { REDUCTIONS } from './interpreter-reductions.ts';
import { SHAPE } from './interpreter-shape.ts';

/** Evaluates one op; `size` binds a dimension. */
type Evaluate<O extends OpName> = (node: Node<O>, inputs: readonly NdArray[], size: (dim: Dim) => number) => NdArray[];
export type Rules = { readonly [O in OpName]: Evaluate<O> };

const RULES: Rules = { ...ELEMENTWISE, ...PRODUCTS, ...REDUCTIONS, ...SHAPE, ...FUSED };

export interface InterpretOptions {
  /** Replaces a value (input, constant or intermediate) right after it is made. */
  readonly replace?: ReadonlyMap<Value, (computed: NdArray) => NdArray>;
}

/** Values of a whole graph: `get` any of them. */
export interface Evaluation {
  get(value: Value): NdArray;
  readonly outputs: Readonly<Record<string, NdArray>>;
}

/** Runs a graph on feeds by input name. @throws Error for a feed that is absent or does not fit. */
export function interpret(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor | NdArray>>,
  { replace = new Map() }: InterpretOptions = {},
): Evaluation {
  const known = new Map<Value, NdArray>();
  const bindings = new Map<string, number>();
  const size = (dim: Dim): number => sizeOfDim(dim, bindings);
  const define = (value: Value, computed: NdArray): void => {
    const array = replace.get(value)?.(computed) ?? computed;
    known.set(value, array);
    value.shape.forEach((dim, axis) => {
      if (typeof dim === 'string' && graph.symbols.get(dim)?.value === value) bindings.set(dim, array.shape[axis]!);
      const expected = typeof dim === 'string' && dim.includes('+') ? array.shape[axis] : size(dim);
      if (expected !== array.shape[axis]) throw new Error(`${value.name} is [${array.shape}], not [${value.shape}]`);
    });
  };
  const get = (value: Value): NdArray => {
    const array = known.get(value);
    if (!array) throw new Error(`${value.name} was not computed`);
    return array;
  };

  for (const input of graph.inputs) {
    const feed = feeds[input.name];
    if (!feed) throw new Error(`no feed for ${input.name}`);
    define(input, feed.data instanceof Float64Array ? ndArray(feed.shape, feed.data) : fromTensor(feed as Tensor));
  }
  for (const { value, source } of graph.constants) define(value, loadConstant(source));
  for (const node of graph.nodes) {
    const rule = RULES[node.op] as Evaluate<OpName>;
    const results = rule(node, node.inputs.map(get), size);
    node.outputs.forEach((value, i) => {
      define(value, results[i]!);
    });
  }
  return { get, outputs: Object.fromEntries(graph.outputs.map(({ name, value }) => [name, get(value)])) };
}

/** A tensor's values as float64. */
export function fromTensor({ dtype, shape, data }: Tensor): NdArray {
  return ndArray(shape, widen(dtype, data));
}

/** A constant's values, read from its file where it lies in one. */
export function loadConstant(source: TensorSource): NdArray {
  if (source.kind === 'memory') return ndArray(source.shape, widen(source.dtype, source.data));
  const bytes = withFile(source.path, (reader) => reader.read(source.offset, source.length));
  return ndArray(source.shape, widen(source.dtype, viewBytes(source.dtype, bytes)));
}

function widen(dtype: DType, data: TypedArray): ArrayLike<number> {
  if (dtype === 'float16' || dtype === 'bfloat16') return toFloat32(dtype, data);
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}
