/** Pruning keeps exactly what outputs need: no layer above the last one asked for, no unread weight, no idle input. */
import { describe, expect, test } from 'vitest';
import { graphBuilder } from '../../server/src/graph/builder.ts';
import { add, matmul, relu, reshape } from '../../server/src/graph/expr.ts';
import type { Graph } from '../../server/src/graph/ir.ts';
import { modelGraph } from '../../server/src/graph/model-graph.ts';
import { prune } from '../../server/src/graph/prune.ts';
import { serialize } from '../../server/src/graph/serialize.ts';
import { verify } from '../../server/src/graph/verify.ts';
import type { LayerSpec, ModelSpec } from '../../server/src/model/spec.ts';
import { modelFixtures } from '../support/fixtures.ts';
import { interpret } from '../support/interpreter.ts';
import { allHooks, type ModelFixture, modelFixture } from '../support/model-fixture.ts';

/** The unpruned graph that gives some hooks, and logits when asked. */
function unpruned({ spec, weights }: ModelFixture, reads: readonly string[], withLogits = false): Graph {
  const { b, hooks, logits } = modelGraph(spec, weights, { reads });
  for (const [name, value] of hooks) b.output(name, value);
  if (withLogits) b.output('logits', logits);
  return b.finish();
}

const gemms = (graph: Graph): number => graph.nodes.filter(({ op }) => op === 'Gemm').length;

/** Linear maps of a layer up to and with attention, and of its MLP. */
function linears({ qkv, mlp }: LayerSpec): { attention: number; mlp: number } {
  return { attention: (qkv.kind === 'fused' ? 1 : 3) + 1, mlp: mlp.kind === 'plain' ? 2 : 3 };
}

const all = (layer: LayerSpec): number => linears(layer).attention + linears(layer).mlp;

/** Names of the weights that a layer reads. */
function weightsOf(spec: ModelSpec, layer: number): string[] {
  const names: string[] = [];
  JSON.stringify(spec.layers[layer], (key, value: unknown) => {
    if ((key === 'weight' || key === 'bias') && typeof value === 'string') names.push(value);
    return value;
  });
  return names;
}

describe.each(modelFixtures())('%s', (name) => {
  const fixture = modelFixture(name);
  const { spec, tokens } = fixture;
  const layers = spec.layers.map((_, layer) => layer);

  test.each(layers)('reading layer %i computes nothing above it', (layer) => {
    const below = spec.layers.slice(0, layer).reduce((sum, entry) => sum + all(entry), 0);
    const at = (suffix: string): Graph => prune(unpruned(fixture, [`blocks.${layer}.${suffix}`]));
    expect(gemms(at('hook_resid_pre'))).toBe(below);
    expect(gemms(at('hook_attn_out'))).toBe(below + linears(spec.layers[layer]!).attention);
    expect(gemms(at('hook_resid_post'))).toBe(below + all(spec.layers[layer]!));
    const kept = new Set(at('hook_resid_post').constants.map(({ value }) => value.name));
    for (const other of layers) {
      const names = weightsOf(spec, other);
      expect(names.length).toBeGreaterThan(5);
      expect(names.every((weight) => kept.has(weight) === other <= layer)).toBe(true);
    }
  });

  test('logits keep every weight and no hook that was not read', () => {
    const graph = unpruned(fixture, [], true);
    const pruned = prune(graph);
    expect(gemms(pruned)).toBe(1 + spec.layers.reduce((sum, layer) => sum + all(layer), 0));
    expect(pruned.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
    const kept = new Set(pruned.constants.map(({ value }) => value.name));
    expect(layers.flatMap((layer) => weightsOf(spec, layer)).filter((weight) => !kept.has(weight))).toEqual([]);
  });

  test('pruning changes no value, is a fixed point and stays valid', () => {
    const hook = allHooks(spec).find((entry) => entry.endsWith('hook_pattern'))!;
    const graph = unpruned(fixture, [hook]);
    const pruned = verify(prune(graph), 'prune');
    expect(pruned.nodes.length).toBeLessThan(graph.nodes.length);
    expect(prune(pruned)).toEqual(pruned);
    expect(interpret(pruned, { tokens }).outputs[hook]).toEqual(interpret(graph, { tokens }).outputs[hook]);
  });
});

test('a program’s file references leave with the weights of unread layers', () => {
  const { checkpoint } = modelFixture('llama2-bf16-sharded');
  const { b, hooks } = modelGraph(checkpoint.spec, (name) => checkpoint.tensors.get(name), {
    reads: ['blocks.0.hook_resid_post'],
  });
  for (const [name, value] of hooks) b.output(name, value);
  const text = new TextDecoder('latin1').decode(serialize(b.finish(), 'prune', 'cpu').bytes);
  expect(text).toContain('model.layers.0.mlp.down_proj.weight');
  expect(text).not.toContain('model.layers.1.');
  expect(text).not.toContain('lm_head');
});

test('inputs that nothing reads go, unless they are kept by name', () => {
  const b = graphBuilder();
  const x = b.input('x', 'float32', ['n', 2]);
  b.input('idle', 'float32', ['m']);
  b.output('y', relu(b, x));
  const names = (graph: Graph): string[] => graph.inputs.map(({ name }) => name);
  expect(names(prune(b.finish()))).toEqual(['x']);
  expect(names(prune(b.finish(), ['idle']))).toEqual(['x', 'idle']);
});

test('a value that only gives its size to a shape stays', () => {
  const b = graphBuilder();
  const sized = b.input('sized', 'float32', ['n', 3]);
  const flat = b.input('flat', 'float32', [6]);
  const y = b.op('Expand', [reshape(b, flat, [1, 6])], { shape: ['n', 6] });
  b.output('y', y);
  add(b, sized, sized);
  const pruned = verify(prune(b.finish()), 'prune');
  expect(pruned.inputs.map(({ name }) => name)).toEqual(['sized', 'flat']);
  expect(pruned.nodes.map(({ op }) => op)).toEqual(['Reshape', 'Expand']);
});

test('of two outputs each keeps its own nodes', () => {
  const b = graphBuilder();
  const x = b.input('x', 'float32', [2, 2]);
  const [first, second] = [matmul(b, x, x), relu(b, x)];
  matmul(b, first, second);
  b.output('first', first);
  b.output('second', second);
  expect(prune(b.finish()).nodes.map(({ op }) => op)).toEqual(['MatMul', 'Relu']);
});
