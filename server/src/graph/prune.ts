/** Drops what no output needs: unread hooks, whole layers above the last one asked for, unused inputs and weights. */
import { factorsOf, type Graph, type Node, type OpAttributes, type Shape, type Value } from './ir.ts';

/** The smallest graph with the same outputs; `keepInputs` names inputs that stay even when nothing reads them. */
export function prune(graph: Graph, keepInputs: readonly string[] = []): Graph {
  const live = new Set<Value>(graph.outputs.map((output) => output.value));
  const nodes: Node[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    if (!node.outputs.some((value) => live.has(value))) continue;
    nodes.push(node);
    for (const value of node.inputs) live.add(value);
    for (const value of shapeOrigins(graph, node)) live.add(value);
  }
  nodes.reverse();
  return {
    inputs: graph.inputs.filter((input) => live.has(input) || keepInputs.includes(input.name)),
    constants: graph.constants.filter((constant) => live.has(constant.value)),
    nodes,
    outputs: graph.outputs,
    symbols: graph.symbols,
  };
}

/** Values that a node's symbolic attributes are read from at run time. */
export function shapeOrigins(graph: Graph, node: Node): readonly Value[] {
  const dims = attributeDims(node);
  if (!dims.some((dim) => typeof dim === 'string')) return NONE;
  const symbols = dims.flatMap((dim) => factorsOf(dim).symbols);
  return [...new Set(symbols)].flatMap((symbol) => graph.symbols.get(symbol)?.value ?? []);
}

const NONE: readonly never[] = [];

function attributeDims({ op, inputs, attrs }: Node): Shape {
  if (op === 'Attention') return inputs[1]!.shape.slice(0, 2);
  const { shape, dim } = attrs as Partial<OpAttributes['Reshape'] & OpAttributes['Iota']>;
  return shape ?? (dim === undefined ? NONE : [dim]);
}
