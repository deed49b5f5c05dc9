/** The verifier passes what builders make and names every planted violation of the IR's invariants. */
import { describe, expect, test } from 'vitest';
import { graphBuilder } from '../../server/src/graph/builder.ts';
import { matmul, relu, reshape, tanh } from '../../server/src/graph/expr.ts';
import type { Graph, Node, Value } from '../../server/src/graph/ir.ts';
import { verify } from '../../server/src/graph/verify.ts';
import { expectError } from '../support/expect-error.ts';
import { modelFixtures } from '../support/fixtures.ts';
import { allHooks, forwardGraph, modelFixture } from '../support/model-fixture.ts';

/** x [n, 4] → tanh(relu(x)·W), W [4, 2]. */
function small(): Graph {
  const b = graphBuilder();
  const x = b.input('x', 'float32', ['n', 4]);
  const W = b.constant('W', { kind: 'memory', dtype: 'float32', shape: [4, 2], data: new Float32Array(8) });
  b.output('y', tanh(b, matmul(b, relu(b, x), W)));
  return b.finish();
}

/** The graph with node `i` changed, and whatever reads its output reading the changed one. */
function withNode(graph: Graph, i: number, change: (node: Node) => Node): Graph {
  const old = graph.nodes[i]!;
  const made = change(old);
  const swap = (value: Value): Value => (value === old.outputs[0] ? made.outputs[0]! : value);
  const nodes = graph.nodes.map((node, j) => (j === i ? made : { ...node, inputs: node.inputs.map(swap) }));
  return { ...graph, nodes, outputs: graph.outputs.map(({ name, value }) => ({ name, value: swap(value) })) };
}

const withOutput =
  (more: Partial<Value>) =>
  (node: Node): Node => ({
    ...node,
    outputs: [{ ...node.outputs[0]!, ...more }],
  });

test.each(modelFixtures())('the graph of %s is valid with every hook read', (name) => {
  const { spec, weights } = modelFixture(name);
  const graph = forwardGraph(spec, weights, { reads: allHooks(spec) });
  expect(verify(graph, 'forward')).toBe(graph);
});

describe('finds', () => {
  const PLANTS: readonly (readonly [name: string, plant: (graph: Graph) => Graph, found: string])[] = [
    ['a wrong shape', (graph) => withNode(graph, 1, withOutput({ shape: ['n', 3] })), 'not float32[n,2]'],
    ['a transposed shape', (graph) => withNode(graph, 1, withOutput({ shape: [2, 'n'] })), 'float32[2,n]'],
    ['a wrong dtype', (graph) => withNode(graph, 0, withOutput({ dtype: 'int64' })), 'int64[n,4], not float32[n,4]'],
    ['nodes out of order', (graph) => ({ ...graph, nodes: [...graph.nodes].reverse() }), 'before it is made'],
    ['a node that went missing', (graph) => ({ ...graph, nodes: graph.nodes.slice(1) }), 'before it is made'],
    ['an input that went missing', (graph) => ({ ...graph, inputs: [] }), 'Relu reads x before it is made'],
    ['a weight that went missing', (graph) => ({ ...graph, constants: [] }), 'reads W before it is made'],
    ['two values of one name', (graph) => withNode(graph, 1, withOutput({ name: 'x' })), 'two values are named x'],
    ['a node made twice', (graph) => ({ ...graph, nodes: [...graph.nodes, graph.nodes[2]!] }), 'two values are named'],
    [
      'an input and a weight of one name',
      (graph) => ({ ...graph, inputs: [...graph.inputs, { ...graph.constants[0]!.value }] }),
      'two values are named W',
    ],
    [
      'an output that is never made',
      (graph) => ({ ...graph, nodes: graph.nodes.slice(0, 2) }),
      'output y is never made',
    ],
    [
      'an extra output of a node',
      (graph) =>
        withNode(graph, 2, (node) => ({
          ...node,
          outputs: [...node.outputs, { name: 'z', dtype: 'float32', shape: [1] }],
        })),
      'makes z',
    ],
  ];

  test.each(PLANTS)('%s', (_, plant, found) => {
    expect(verify(small(), 'nothing')).toBeDefined();
    expectError('fault', () => verify(plant(small()), 'planting'), 'after planting', found);
  });

  test('operands that no longer fit', () => {
    const graph = small();
    const constants = graph.constants.map((entry) => ({ ...entry, value: { ...entry.value, shape: [3, 2] } }));
    const nodes = graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((value) => (value === graph.constants[0]!.value ? constants[0]!.value : value)),
    }));
    expectError('fault', () => verify({ ...graph, constants, nodes }, 'planting'), 'inner dimensions differ');
  });

  test('a size read from a value that is not there', () => {
    const b = graphBuilder();
    const sized = b.input('sized', 'float32', ['n', 3]);
    const row = b.input('row', 'float32', [6]);
    b.output('y', b.op('Expand', [reshape(b, row, [1, 6])], { shape: ['n', 6] }));
    const graph = b.finish();
    expect(verify(graph, 'nothing')).toBe(graph);
    const without = { ...graph, inputs: graph.inputs.filter((input) => input !== sized) };
    expectError('fault', () => verify(without, 'planting'), 'Expand reads sized before it is made');
  });
});
