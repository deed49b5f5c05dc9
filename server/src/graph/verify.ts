/** Checks a graph between passes against the IR's invariants; a violation is a bug in a pass, named at once. */
import { fault } from '../core/errors.ts';
import { inferOutputs } from './infer.ts';
import type { Graph, Value } from './ir.ts';
import { shapeOrigins } from './prune.ts';

/** Returns the graph unchanged. @throws fault naming the pass and the first violation. */
export function verify(graph: Graph, pass: string): Graph {
  const known = new Set<Value>([...graph.inputs, ...graph.constants.map((constant) => constant.value)]);
  const names = new Set<string>();
  const define = (value: Value): void => {
    if (names.has(value.name)) fault(`after ${pass}: two values are named ${value.name}`);
    names.add(value.name);
    known.add(value);
  };
  for (const value of known) define(value);
  for (const node of graph.nodes) {
    for (const value of [...node.inputs, ...shapeOrigins(graph, node)]) {
      if (!known.has(value)) fault(`after ${pass}: ${node.op} reads ${value.name} before it is made`);
    }
    const expected = inferOutputs(node.op, node.inputs, node.attrs);
    node.outputs.forEach((value, i) => {
      const type = expected[i];
      if (!type || type.dtype !== value.dtype || String(type.shape) !== String(value.shape)) {
        fault(
          `after ${pass}: ${node.op} makes ${value.name} as ${value.dtype}[${value.shape}], not ${type?.dtype}[${type?.shape}]`,
        );
      }
      define(value);
    });
  }
  for (const output of graph.outputs) {
    if (!known.has(output.value)) fault(`after ${pass}: output ${output.name} is never made`);
  }
  return graph;
}
