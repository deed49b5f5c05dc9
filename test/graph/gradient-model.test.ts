/**
 * Gradients through whole models: every checkpoint against finite differences in float64, three families against
 * PyTorch through the real runtime, and what activations' gradients may cost.
 *
 * Tolerances, of the gradient's length or root mean square. 1e-6 against differences: rules hold float32 constants. 5e-6
 * against PyTorch in float64: so do frequencies, eps and scales of the forward pass, and the largest of thousands of
 * elements counts. 2e-4 in float32: rounding through two to three layers both ways; float64 shows that it is that.
 */
import { describe, expect, test } from 'vitest';
import { hookAt } from '../../server/src/core/hook-name.ts';
import { int64, type Tensor } from '../../server/src/core/tensor.ts';
import { slice, sub } from '../../server/src/graph/expr.ts';
import { gradient } from '../../server/src/graph/gradient/gradient.ts';
import type { Graph, Value } from '../../server/src/graph/ir.ts';
import { modelGraph } from '../../server/src/graph/model-graph.ts';
import { prune } from '../../server/src/graph/prune.ts';
import { serialize } from '../../server/src/graph/serialize.ts';
import { type Checkpoint, openCheckpoint } from '../../server/src/model/checkpoint.ts';
import { difference } from '../support/compare.ts';
import { wrongDirections } from '../support/finite-differences.ts';
import { fixturePath, floats, modelFixtures, readTensors } from '../support/fixtures.ts';
import { fromTensor, interpret } from '../support/interpreter.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
/** Token ids whose logits the fixtures' scalar compares at the last position. */
const [TARGET, FOIL] = [5, 7];

interface ModelGradient {
  readonly graph: Graph;
  readonly scalar: Value;
  /** Gradients by hook or weight name; outputs of the graph have these names. */
  readonly gradients: ReadonlyMap<string, { readonly of: Value; readonly value: Value }>;
}

/** logits[0, last, TARGET] − logits[0, last, FOIL] for texts of `length` tokens, with its gradients. */
function differentiate(
  checkpoint: Checkpoint,
  length: number,
  hooks: readonly string[],
  weights: readonly string[],
): ModelGradient {
  const model = modelGraph(checkpoint.spec, (name) => checkpoint.tensors.get(name), { reads: hooks });
  const { b } = model;
  const last = slice(b, slice(b, model.logits, 0, 0, 1), 1, length - 1, length);
  const at = (token: number): Value => slice(b, last, 2, token, token + 1);
  const scalar = sub(b, at(TARGET), at(FOIL));
  const constants = new Map(b.finish().constants.map(({ value }) => [value.name, value]));
  const wrt = [
    ...hooks.map((name) => [name, model.hooks.get(name)!] as const),
    ...weights.map((name) => [name, constants.get(name)!] as const),
  ];
  const made = gradient(
    b,
    scalar,
    wrt.map(([, value]) => value),
  );
  const gradients = new Map(wrt.map(([name, of], i) => [name, { of, value: made[i]! }]));
  for (const [name, { value }] of gradients) b.output(`gradient ${name}`, value);
  b.output('scalar', scalar);
  return { graph: prune(b.finish()), scalar, gradients };
}

function products(graph: Graph): number {
  return graph.nodes.filter((node) => node.op === 'Gemm' || node.op === 'MatMul').length;
}

function referenceTokens(folder: string): Tensor {
  const stored = readTensors(`${folder}/reference.safetensors`).get('tokens')!;
  return int64([1, stored.shape[0]!], Array.from(stored.data, Number));
}

/** Stored tensors that the forward pass reads, one of each kind: the last layer's stand for those of the others. */
function someWeights({ spec }: Checkpoint): string[] {
  const { ln1, ln1_post, ln2, q_norm, qkv, o, mlp } = spec.layers.at(-1)!;
  const inner = mlp.kind === 'plain' ? [mlp.in, mlp.out] : [mlp.gate, mlp.up, mlp.down];
  const projections = qkv.kind === 'fused' ? [qkv.linear] : [qkv.q, qkv.k, qkv.v];
  const maps = [...projections, o, ...inner, ln1, ln2, spec.ln_final, spec.W_U];
  const norms = [ln1_post, q_norm].flatMap((entry) => entry?.weight ?? []);
  const tables = [spec.W_E, ...(spec.W_pos === null ? [] : [spec.W_pos])];
  return [
    ...new Set([
      ...maps.flatMap(({ weight, bias }) => (bias === null ? [weight] : [weight, bias])),
      ...norms,
      ...tables,
    ]),
  ];
}

const IN_FUSED_PASS = ['hook_embed', 'blocks.0.hook_resid_pre', 'blocks.0.attn.hook_k'];
const IN_PARTS = ['attn.hook_attn_scores', 'attn.hook_pattern', 'ln1.hook_scale', 'ln2.hook_normalized'];

describe.each(modelFixtures())('%s', (name) => {
  const folder = fixturePath('models', name);
  const checkpoint = openCheckpoint(folder);
  const tokens = referenceTokens(folder);
  const last = checkpoint.spec.n_layers - 1;
  const inParts = IN_PARTS.map((suffix) => hookAt(last, suffix));
  const fused = [...IN_FUSED_PASS, hookAt(last, 'attn.hook_z'), hookAt(last, 'mlp.hook_post')];

  test.each([
    ['hooks and weights, fused', fused, someWeights(checkpoint)],
    ['hooks in parts', [...fused, ...inParts], []],
  ])('%s agree with finite differences', (_, hooks, weights) => {
    const made = differentiate(checkpoint, tokens.shape[1]!, hooks, weights);
    const pairs = new Map([...made.gradients.values()].map(({ of, value }) => [of, value]));
    expect(wrongDirections(made.graph, { tokens }, made.scalar, pairs, 1e-6, 1)).toEqual([]);
  });
});

describe.each(['gpt2', 'gemma2', 'llama3-rope'])('%s and PyTorch', (name) => {
  const folder = fixturePath('models', name);
  const checkpoint = openCheckpoint(folder);
  const tokens = referenceTokens(folder);
  const reference = readTensors(`${folder}/gradients.safetensors`);
  const names = [...reference.keys()].filter((key) => key !== 'scalar');
  const made = differentiate(
    checkpoint,
    tokens.shape[1]!,
    names.filter((key) => key.includes('hook_')),
    names.filter((key) => !key.includes('hook_')),
  );

  const wrong = (values: ReadonlyMap<string, ArrayLike<number>>, tolerance: number) =>
    names
      .map((key) => ({ key, ...difference(values.get(key)!, floats(reference.get(key)!)) }))
      .filter(({ relative }) => !(relative < tolerance));

  test('has gradients of hooks and weights', () => {
    expect(names.filter((key) => key.includes('hook_')).length).toBeGreaterThan(14);
    expect(names.filter((key) => !key.includes('hook_')).length).toBeGreaterThan(19);
  });

  test('every gradient equals PyTorch’s in float64', () => {
    const { outputs } = interpret(made.graph, { tokens });
    expect(wrong(new Map(names.map((key) => [key, outputs[`gradient ${key}`]!.data])), 5e-6)).toEqual([]);
  });

  test('every gradient equals PyTorch’s through the runtime', async () => {
    const session = await runner().open(serialize(made.graph, 'gradient', 'cpu'), { weights: 'packed' });
    const outputs = await runner().run(
      session,
      { tokens },
      names.map((key) => `gradient ${key}`),
    );
    await runner().close(session);
    const values = new Map(names.map((key) => [key, fromTensor(outputs[`gradient ${key}`]!).data]));
    expect(wrong(values, 2e-4)).toEqual([]);
  });
});

describe('what gradients of activations cost', () => {
  const checkpoint = openCheckpoint(fixturePath('models', 'gpt2'));
  const linears = 4 * checkpoint.spec.n_layers + 1;
  const made = (hooks: readonly string[], weights: readonly string[]) =>
    differentiate(checkpoint, 6, hooks, weights).graph;
  const forward = products(made([], []));
  // Scores once more, and two gradients each of z and scores.
  const perAttention = 5;

  test('the forward pass has one product per linear map', () => {
    expect(forward).toBe(linears);
  });

  test('hooks need one more product per linear map above them, none for a weight', () => {
    expect(products(made(['blocks.0.hook_resid_pre'], [])) - forward).toBe(
      linears + perAttention * checkpoint.spec.n_layers,
    );
    expect(products(made(['blocks.1.hook_resid_post'], [])) - forward).toBe(1);
    expect(products(made(['blocks.1.hook_resid_mid'], [])) - forward).toBe(3);
  });

  test('a weight needs its own product and the path to it', () => {
    expect(products(made([], ['h.1.mlp.c_proj.weight'])) - forward).toBe(2);
  });
});
