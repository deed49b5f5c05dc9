/**
 * The gradient of every op against central finite differences in float64, and the same graph through the real runtime.
 *
 * Tolerances, of the gradient's length. 1e-6: constants of the rules are rounded to float32, half a unit in 2²⁴, and
 * differences with step 1e-5 are good to about 1e-9. 1e-4 through the runtime: float32 sums, and divisions by small
 * numbers.
 */
import { expect, test } from 'vitest';
import { float32, type Tensor } from '../../server/src/core/tensor.ts';
import { graphBuilder } from '../../server/src/graph/builder.ts';
import { add, mul, reduceSum } from '../../server/src/graph/expr.ts';
import { gradient } from '../../server/src/graph/gradient/gradient.ts';
import type { Graph, OpName, Value } from '../../server/src/graph/ir.ts';
import { prune } from '../../server/src/graph/prune.ts';
import { serialize } from '../../server/src/graph/serialize.ts';
import { difference } from '../support/compare.ts';
import { wrongDirections } from '../support/finite-differences.ts';
import { interpret } from '../support/interpreter.ts';
import { type BuiltCase, buildCase, type OpCase } from '../support/op-cases.ts';
import { ALL_CASES } from '../support/op-cases-all.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();

interface Differentiated {
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly scalar: Value;
  readonly wrt: readonly Value[];
  readonly gradients: readonly Value[];
}

/** The scalar Σ cos(y): its gradient with respect to y differs from element to element. */
function differentiate({ b, results, feeds }: BuiltCase): Differentiated {
  const y = results[0]!;
  const axes = y.shape.map((_, i) => i);
  const scalar = reduceSum(b, b.op('Cos', [y], {}), axes);
  const wrt = b.finish().inputs.filter((input) => input.dtype === 'float32');
  const gradients = gradient(b, scalar, wrt);
  gradients.forEach((value, i) => {
    b.output(`g${i}`, value);
  });
  return { graph: b.finish(), feeds, scalar, wrt, gradients };
}

async function check(opCase: OpCase): Promise<void> {
  const made = differentiate(buildCase(opCase));
  const exact = interpret(made.graph, made.feeds);
  made.wrt.forEach((x, i) => {
    expect(exact.get(made.gradients[i]!).shape).toEqual(made.feeds[x.name]!.shape);
  });
  const gradients = new Map(made.wrt.map((x, i) => [x, made.gradients[i]!]));
  expect(wrongDirections(made.graph, made.feeds, made.scalar, gradients, 1e-6)).toEqual([]);
  const names = made.wrt.map((_, i) => `g${i}`);
  const session = await runner().open(
    serialize(
      made.graph,
      opCase.op,
      'cpu',
      made.wrt.map((x) => x.name),
    ),
    { weights: 'packed' },
  );
  const actual = await runner().run(session, made.feeds, names);
  await runner().close(session);
  for (const name of names) {
    expect(difference(actual[name]!.data as Float32Array, exact.outputs[name]!.data).relative, name).toBeLessThan(
      Math.max(1e-4, opCase.tolerance ?? 0),
    );
  }
}

function isDifferentiable(opCase: OpCase): boolean {
  const { b, results } = buildCase(opCase);
  if (opCase.about?.includes('past')) return false;
  return results[0]!.dtype === 'float32' && b.finish().inputs.some((input) => input.dtype === 'float32');
}

const DIFFERENTIABLE = ALL_CASES.filter(isDifferentiable);

test.each(DIFFERENTIABLE.map((entry) => [`${entry.op} ${entry.about ?? ''}`, entry] as const))('%s', (_, entry) =>
  check(entry),
);

test('a value used several times gets the sum', () => {
  const b = graphBuilder();
  const x = b.input('x', 'float32', [3]);
  const scalar = reduceSum(b, mul(b, mul(b, x, x), add(b, x, b.op('Exp', [x], {}))), [0]);
  const [g] = gradient(b, scalar, [x]);
  const feeds = { x: float32([3], [0.3, -1.2, 2]) };
  expect(wrongDirections(b.finish(), feeds, scalar, new Map([[x, g!]]), 1e-6)).toEqual([]);
});

test('the gradient of an intermediate value stops there and takes in what follows it', () => {
  const b = graphBuilder();
  const x = b.input('x', 'float32', [3]);
  const h = b.op('Exp', [x], {});
  const scalar = reduceSum(b, mul(b, h, b.op('Tanh', [h], {})), [0]);
  const before = b.finish().nodes.length;
  const [gh] = gradient(b, scalar, [h]);
  const appended = b.finish().nodes.slice(before);
  expect(appended.flatMap((node) => node.inputs)).not.toContain(x);
  const feeds = { x: float32([3], [0.3, -1.2, 2]) };
  expect(wrongDirections(b.finish(), feeds, scalar, new Map([[h, gh!]]), 1e-6)).toEqual([]);
});

test('the gradient of a gradient is right', () => {
  const b = graphBuilder();
  const x = b.input('x', 'float32', [2, 4]);
  const first = reduceSum(b, b.op('Cos', [b.op('Softmax', [x], {})], {}), [0, 1]);
  const [g] = gradient(b, first, [x]);
  const second = reduceSum(b, mul(b, g!, g!), [0, 1]);
  const [gg] = gradient(b, second, [x]);
  const feeds = { x: float32([2, 4], [0.3, -1.2, 2, 0.1, 1, 0.2, -0.4, 0.9]) };
  expect(wrongDirections(b.finish(), feeds, second, new Map([[x, gg!]]), 1e-6)).toEqual([]);
});

test('what the scalar does not depend on has gradient zero', () => {
  const b = graphBuilder();
  const x = b.input('x', 'float32', ['pos', 2]);
  const other = b.input('other', 'float32', ['pos', 3]);
  const compared = b.op('Cast', [b.op('Greater', [other, b.scalar(0)], {})], { to: 'float32' });
  const scalar = reduceSum(b, add(b, reduceSum(b, x, [1]), reduceSum(b, compared, [1])), [0, 1]);
  const [g] = gradient(b, scalar, [other]);
  const feeds = { x: float32([2, 2], [1, 2, 3, 4]), other: float32([2, 3], [1, -2, 3, -4, 5, 6]) };
  expect([...interpret(b.finish(), feeds).get(g!).data]).toEqual([0, 0, 0, 0, 0, 0]);
});

test('gradients of vectors, of whole numbers and over a past are refused', () => {
  const b = graphBuilder();
  const x = b.input('x', 'float32', [1, 3, 8]);
  const ids = b.input('ids', 'int64', [1]);
  const past = b.input('past', 'float32', [1, 1, 'past', 8]);
  expect(() => gradient(b, x, [x])).toThrow('gradients are of scalars');
  const attrs = { n_heads: 1, n_kv_heads: 1, scale: 1, softcap: null, window: null };
  const scalar = reduceSum(b, b.op('Attention', [x, x, x, past, past], attrs), [0, 1, 2]);
  expect(() => gradient(b, scalar, [ids])).toThrow('it has no gradient');
  expect(() => gradient(b, scalar, [x])).toThrow('over attention with a past');
});

/** One wrong op for another of the same arity; the shapes stay. */
const MUTANTS: Readonly<Partial<Record<OpName, OpName>>> = {
  Mul: 'Add',
  Add: 'Sub',
  Sub: 'Add',
  Div: 'Mul',
  Exp: 'Neg',
  Tanh: 'Neg',
};

/** The case's graph with one op of its backward part made wrong, for every op where that is possible. */
function mutants(made: Differentiated, forwardNodes: number): Graph[] {
  const live = new Set(prune(made.graph).nodes);
  return made.graph.nodes.flatMap((node, i) => {
    const op = MUTANTS[node.op];
    if (i < forwardNodes || op === undefined || !live.has(node)) return [];
    return [{ ...made.graph, nodes: made.graph.nodes.with(i, { ...node, op }) }];
  });
}

test.each([
  'Gelu tanh',
  'Gelu none',
  'LogSoftmax ',
  'LayerNorm with bias',
  'RmsNorm ',
  'Attention softcap 1.5',
  'Div [pos,3] []',
])('every wrong op in the gradient of %s is noticed', (name) => {
  const opCase = ALL_CASES.find((entry) => `${entry.op} ${entry.about ?? ''}` === name)!;
  const built = buildCase(opCase);
  const forwardNodes = built.b.finish().nodes.length + 2;
  const made = differentiate(built);
  const gradients = new Map(made.wrt.map((x, i) => [x, made.gradients[i]!]));
  const wrong = mutants(made, forwardNodes);
  expect(wrong.length).toBeGreaterThan(2);
  const missed = wrong.filter((graph) => wrongDirections(graph, made.feeds, made.scalar, gradients, 1e-6).length === 0);
  expect(missed.map((graph) => graph.nodes.find((node, i) => node !== made.graph.nodes[i])!.outputs[0]!.name)).toEqual(
    [],
  );
});
