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
export function shapeOrigins(graph: Graph, node: Node): Value[] {
  return symbolsOf(node).flatMap((symbol) => graph.symbols.get(symbol)?.value ?? []);
}

function symbolsOf(node: Node): string[] {
  if (node.op === 'Attention') return dimsOf(node.inputs[1]!.shape.slice(0, 2));
  const attrs = node.attrs as Partial<OpAttributes['Reshape'] & OpAttributes['Iota']>;
  return dimsOf([...(attrs.shape ?? []), ...(attrs.dim === undefined ? [] : [attrs.dim])]);
}

function dimsOf(shape: Shape): string[] {
  return shape.flatMap((dim) => [...factorsOf(dim).symbols]);
}
