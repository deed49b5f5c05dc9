/**
 * Spells each IR op in ONNX. Symbolic target shapes become shape tensors read from live values, shared per shape.
 * Deliberately absent: optimisation; ONNX Runtime folds constants and fuses better than a spelling can.
 */
import { fault } from '../core/errors.ts';
import { int64, type Tensor } from '../core/tensor.ts';
import { type Dim, factorsOf, type Graph, type Node, type OpName } from './ir.ts';
import { float, int, type LowerContext, namesOf, type Target } from './lower-context.ts';
import { lowerAttention, lowerLogSumExp, lowerSparseDecode, summedByRows } from './lower-fused.ts';
import { DATA_TYPE, type OnnxAttribute, type OnnxNode } from './onnx-proto.ts';

export type { Target } from './lower-context.ts';

export interface Lowered {
  readonly nodes: readonly OnnxNode[];
  readonly literals: ReadonlyMap<string, Tensor>;
}

/** Lowers every node of a graph. */
export function lowerGraph(graph: Graph, target: Target): Lowered {
  const nodes: OnnxNode[] = [];
  const literals = new Map<string, Tensor>();
  const shapes = new Map<string, string>();
  let counter = 0;

  const ctx: LowerContext = {
    target,
    emit(opType, inputs, attributes = {}, { domain = '', outputs } = {}) {
      const names = outputs ?? [`onnx:${opType}_${counter++}`];
      nodes.push({ opType, domain, inputs, outputs: names, attributes });
      return names[0]!;
    },
    literal(tensor) {
      const name = `onnx:${tensor.dtype}[${tensor.shape}]${tensor.data.length <= 8 ? [...tensor.data].join() : counter++}`;
      literals.set(name, tensor);
      return name;
    },
    shape(dims) {
      const key = dims.join();
      const known = shapes.get(key);
      if (known) return known;
      const numeric = dims.every((dim) => typeof dim === 'number');
      const name = numeric
        ? ctx.literal(int64([dims.length], dims as number[]))
        : ctx.emit(
            'Concat',
            dims.map((dim) => sizeVector(graph, ctx, dim)),
            { axis: int(0) },
          );
      shapes.set(key, name);
      return name;
    },
  };
  for (const node of graph.nodes) lowerNode(ctx, node);
  return { nodes, literals };
}

/** int64[1] holding one dimension's size. */
function sizeVector(graph: Graph, ctx: LowerContext, dim: Dim): string {
  const { factor, symbols } = factorsOf(dim);
  const parts = symbols.map((symbol) => {
    const origin = graph.symbols.get(symbol) ?? fault(`symbol ${symbol} has no origin`);
    return ctx.emit('Shape', [origin.value.name], { start: int(origin.axis), end: int(origin.axis + 1) });
  });
  if (factor !== 1 || parts.length === 0) parts.push(ctx.literal(int64([1], [factor])));
  return parts.reduce((a, b) => ctx.emit('Mul', [a, b]));
}

type LowerRule<O extends OpName> = (ctx: LowerContext, node: Node<O>, names: readonly string[]) => void;

function lowerNode(ctx: LowerContext, node: Node): void {
  const rule = RULES[node.op] as LowerRule<OpName> | undefined;
  const names = node.inputs.map((value) => value.name);
  if (rule) rule(ctx, node, names);
  else ctx.emit(node.op, names, {}, { outputs: namesOf(node.outputs) });
}

type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceSumSquare' | 'ReduceLogSumExp';
type AlongAxis = 'Concat' | 'Gather' | 'GatherElements';

function reduce<O extends Reduction>(ctx: LowerContext, node: Node<O>, names: readonly string[]): void {
  const { axes } = node.attrs;
  const vector = ctx.literal(int64([axes.length], axes));
  ctx.emit(node.op, [...names, vector], { keepdims: int(1) }, { outputs: namesOf(node.outputs) });
}

function overLastAxis<O extends 'Softmax' | 'LogSoftmax'>(
  ctx: LowerContext,
  node: Node<O>,
  names: readonly string[],
): void {
  ctx.emit(node.op, names, { axis: int(-1) }, { outputs: namesOf(node.outputs) });
}

function alongAxis<O extends AlongAxis>(ctx: LowerContext, node: Node<O>, names: readonly string[]): void {
  ctx.emit(node.op, names, { axis: int(node.attrs.axis) }, { outputs: namesOf(node.outputs) });
}

/** Ops whose spelling differs from their IR name and inputs; the others pass as they are. */
const RULES: { readonly [O in OpName]?: LowerRule<O> } = {
  Gelu: (ctx, node, names) => {
    const approximate: OnnxAttribute = { kind: 'string', value: node.attrs.approximate };
    ctx.emit('Gelu', names, { approximate }, { outputs: namesOf(node.outputs) });
  },
  Cast: (ctx, node, names) => {
    ctx.emit('Cast', names, { to: int(DATA_TYPE[node.attrs.to]) }, { outputs: namesOf(node.outputs) });
  },
  Gemm: (ctx, node, names) => {
    const { transA, transB } = node.attrs;
    ctx.emit(
      'Gemm',
      names,
      { transA: int(Number(transA)), transB: int(Number(transB)) },
      { outputs: namesOf(node.outputs) },
    );
  },
  ReduceSum: reduce,
  ReduceMean: reduce,
  ReduceMax: reduce,
  ReduceSumSquare: reduce,
  ReduceLogSumExp: (ctx, node, names) => {
    if (summedByRows(ctx, node)) lowerLogSumExp(ctx, node, names);
    else reduce(ctx, node, names);
  },
  Softmax: overLastAxis,
  LogSoftmax: overLastAxis,
  Reshape: (ctx, node, names) => {
    ctx.emit('Reshape', [names[0]!, reshapeTarget(ctx, node)], {}, { outputs: namesOf(node.outputs) });
  },
  Expand: (ctx, node, names) => {
    ctx.emit('Expand', [names[0]!, ctx.shape(node.attrs.shape)], {}, { outputs: namesOf(node.outputs) });
  },
  Transpose: (ctx, node, names) => {
    ctx.emit(
      'Transpose',
      names,
      { perm: { kind: 'ints', value: node.attrs.perm } },
      { outputs: namesOf(node.outputs) },
    );
  },
  Concat: alongAxis,
  Slice: (ctx, node, names) => {
    const { axis, start, end } = node.attrs;
    const bounds = [start, end, axis].map((value) => ctx.literal(int64([1], [value])));
    ctx.emit('Slice', [names[0]!, ...bounds], {}, { outputs: namesOf(node.outputs) });
  },
  SliceDynamic: (ctx, node, names) => {
    ctx.emit('Slice', [...names, ctx.literal(int64([1], [node.attrs.axis]))], {}, { outputs: namesOf(node.outputs) });
  },
  Iota: (ctx, node) => {
    const scalar = (value: number): string => ctx.literal(int64([], [value]));
    const limit = ctx.emit('Squeeze', [ctx.shape([node.attrs.dim])]);
    ctx.emit('Range', [scalar(0), limit, scalar(1)], {}, { outputs: namesOf(node.outputs) });
  },
  Gather: alongAxis,
  GatherElements: alongAxis,
  ScatterElements: (ctx, node, names) => {
    const reduction: OnnxAttribute = { kind: 'string', value: node.attrs.reduction };
    ctx.emit('ScatterElements', names, { axis: int(node.attrs.axis), reduction }, { outputs: namesOf(node.outputs) });
  },
  TopK: (ctx, node, names) => {
    const k = ctx.literal(int64([1], [node.attrs.k]));
    ctx.emit(
      'TopK',
      [names[0]!, k],
      { axis: int(-1), largest: int(1), sorted: int(1) },
      { outputs: namesOf(node.outputs) },
    );
  },
  LayerNorm: (ctx, node, names) => {
    ctx.emit(
      'LayerNormalization',
      names,
      { axis: int(-1), epsilon: float(node.attrs.eps) },
      { outputs: namesOf(node.outputs) },
    );
  },
  RmsNorm: (ctx, node, names) => {
    const attributes = { axis: int(-1), epsilon: float(node.attrs.eps) };
    ctx.emit('SimplifiedLayerNormalization', names, attributes, { outputs: namesOf(node.outputs) });
  },
  Attention: lowerAttention,
  SparseDecode: lowerSparseDecode,
};

/** A literal target where one unknown dimension can be inferred (−1) and equal leading ones copied (0), else run-time sizes. */
function reshapeTarget(ctx: LowerContext, node: Node<'Reshape'>): string {
  const from = node.inputs[0]!.shape;
  const target = node.attrs.shape.map((dim, i) => (typeof dim === 'number' ? dim : dim === from[i] ? 0 : -1));
  const unknown = target.filter((size) => size === -1).length;
  if (unknown <= 1) return ctx.literal(int64([target.length], target));
  return ctx.shape(node.attrs.shape);
}
