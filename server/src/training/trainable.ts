/** Passes that make a forward graph ready for training: weights as inputs, attention in differentiable parts. */
import type { TensorSource } from '../core/tensor.ts';
import { graphBuilder } from '../graph/builder.ts';
import { attentionInParts } from '../graph/gradient/attention.ts';
import type { Graph, Node, Value } from '../graph/ir.ts';

/** Stands for a float32 weight whose values are fed at run time; it holds none. */
export function placeholder(shape: readonly number[]): TensorSource {
  return { kind: 'memory', dtype: 'float32', shape, data: new Float32Array() };
}

/** The same graph with the constants named made inputs. */
export function constantsAsInputs(graph: Graph, names: { has(name: string): boolean }): Graph {
  const moved = graph.constants.filter(({ value }) => names.has(value.name));
  return {
    ...graph,
    inputs: [...graph.inputs, ...moved.map(({ value }) => value)],
    constants: graph.constants.filter(({ value }) => !names.has(value.name)),
  };
}

/**
 * The same graph with fused attention in parts. A gradient of the fused op computes the parts again; where it is taken
 * anyway, parts alone are cheaper (8 % of a training step).
 */
export function attentionApart(graph: Graph): Graph {
  const b = graphBuilder(graph);
  const replaced = new Map<Value, Value>();
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => replaced.get(value) ?? value);
    if (node.op !== 'Attention') {
      nodes.push({ ...node, inputs });
      continue;
    }
    const before = b.finish().nodes.length;
    const attrs = node.attrs as Node<'Attention'>['attrs'];
    replaced.set(node.outputs[0]!, attentionInParts(b, inputs, attrs));
    nodes.push(...b.finish().nodes.slice(before));
  }
  return { ...b.finish(), nodes };
}
