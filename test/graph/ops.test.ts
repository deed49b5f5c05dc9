/**
 * Every op's ONNX spelling, through the real runtime, equals the float64 interpreter. Tolerance: 1e-5 of the reference's
 * root mean square, some hundred roundings of float32; cases that need more say so.
 */
import { expect, test } from 'vitest';
import { OP_NAMES } from '../../server/src/graph/infer.ts';
import { serialize } from '../../server/src/graph/serialize.ts';
import { difference } from '../support/compare.ts';
import { interpret } from '../support/interpreter.ts';
import { buildCase, caseGraph, type OpCase } from '../support/op-cases.ts';
import { ALL_CASES } from '../support/op-cases-all.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();

async function check(opCase: OpCase): Promise<void> {
  const built = buildCase(opCase);
  const graph = caseGraph(built);
  const expected = interpret(graph, built.feeds).outputs;
  const session = await runner().open(serialize(graph, opCase.op, 'cpu'), { weights: 'packed' });
  const actual = await runner().run(session, built.feeds, Object.keys(expected));
  await runner().close(session);
  for (const [name, array] of Object.entries(expected)) {
    const { shape, data } = actual[name]!;
    expect(shape).toEqual(array.shape);
    const numbers = Float64Array.from(data as ArrayLike<number | bigint>, Number);
    expect(difference(numbers, array.data).relative).toBeLessThan(opCase.tolerance ?? 1e-5);
  }
}

test.each(ALL_CASES.map((entry) => [`${entry.op} ${entry.about ?? ''}`, entry] as const))('%s', (_, entry) =>
  check(entry),
);

test('every op has a case', () => {
  const reached = new Set(ALL_CASES.map(({ op }) => op));
  expect(OP_NAMES.filter((op) => !reached.has(op))).toEqual([]);
});

test('a wrong interpretation is noticed', async () => {
  const wrong: OpCase = {
    op: 'Gelu',
    build: ({ b, normal }) => b.op('Gelu', [normal([40], 2)], { approximate: 'tanh' }),
  };
  const built = buildCase(wrong);
  const graph = caseGraph(built);
  const exact = caseGraph(
    buildCase({ op: 'Gelu', build: ({ b, normal }) => b.op('Gelu', [normal([40], 2)], { approximate: 'none' }) }),
  );
  expect(
    difference(interpret(graph, built.feeds).outputs.y0!.data, interpret(exact, built.feeds).outputs.y0!.data).relative,
  ).toBeGreaterThan(1e-5);
});
