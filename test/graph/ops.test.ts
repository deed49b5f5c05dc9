/**
 * Every op's ONNX spelling, through the real runtime, equals the float64 interpreter. Tolerance: 1e-5 of the reference's
 * root mean square, some hundred roundings of float32; cases that need more say so.
 */
import { expect, test } from 'vitest';
import { serialize } from '../../server/src/graph/serialize.ts';
import { difference } from '../support/compare.ts';
import { interpret } from '../support/interpreter.ts';
import { buildCase, caseGraph, type OpCase } from '../support/op-cases.ts';
import { FUSED_CASES } from '../support/op-cases-fused.ts';
import { sharedRunner } from '../support/runner.ts';

const runner = sharedRunner();
const CASES: readonly OpCase[] = [...FUSED_CASES];

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

test.each(CASES.map((entry) => [`${entry.op} ${entry.about ?? ''}`, entry] as const))('%s', (_, entry) => check(entry));
