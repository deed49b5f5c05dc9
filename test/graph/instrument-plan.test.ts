/** What a plan of reads, writes and taps means: order, shapes of values, batches, taps, and what is refused. */
import { describe, expect, test } from 'vitest';
import { int64, type Tensor } from '../../server/src/core/tensor.ts';
import { graphBuilder } from '../../server/src/graph/builder.ts';
import { add } from '../../server/src/graph/expr.ts';
import { hookModel } from '../../server/src/graph/hooks.ts';
import { type InstrumentPlan, instrument, type Tap, type WriteSpec } from '../../server/src/graph/instrument.ts';
import { expectError } from '../support/expect-error.ts';
import { interpret } from '../support/interpreter.ts';
import { forwardGraph, modelFixture } from '../support/model-fixture.ts';
import { sharedRunner } from '../support/runner.ts';
import {
  changedRows,
  type FedWrite,
  firstDifference,
  hookShape,
  openProbe,
  type Values,
} from '../support/write-probe.ts';

const runner = sharedRunner();
const fixture = modelFixture('gemma2');
const { spec, tokens, pos, weights } = fixture;
const EVERYWHERE = (): boolean => true;
const Z = 'blocks.1.attn.hook_z';
const RESID = 'blocks.1.hook_resid_pre';

/** Runs a program with given writes, fed in the same order, reading their hooks. */
async function run(writes: readonly WriteSpec[], fed: readonly FedWrite[], input: Tensor = tokens): Promise<Values> {
  const reads = [...new Set([Z, RESID, ...writes.map(({ hook }) => hook)])];
  const probe = await openProbe(runner(), fixture, writes, reads);
  const values = await probe.run(input, fed);
  await probe.close();
  return values;
}

const numbers = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(i + 1) * 2);

describe('value shapes', () => {
  const size = { scalar: 1, vector: spec.d_head, full: pos * spec.n_heads * spec.d_head };
  const meaning = {
    replace: (_: number, v: number) => v,
    add: (x: number, v: number) => Math.fround(x + v),
    scale: (x: number, v: number) => Math.fround(x * v),
  };
  const cases = (['replace', 'add', 'scale'] as const).flatMap((op) =>
    (['scalar', 'vector', 'full'] as const).map((value) => [op, value] as const),
  );

  test.each(cases)('%s with a %s', async (op, value) => {
    const fed = numbers(size[value]);
    const [before, after] = [
      await run([], []),
      await run([{ hook: Z, op, value }], [{ write: 0, where: EVERYWHERE, value: fed }]),
    ];
    const expected = before[Z]!.data.map((x, i) => meaning[op](x, fed[i % fed.length]!));
    expect(after[Z]!.data).toEqual(expected);
    expect(firstDifference(after.logits!, before.logits!)).toBeGreaterThanOrEqual(0);
  });
});

test('several writes at one hook act in the order given', async () => {
  const addition: WriteSpec = { hook: RESID, op: 'add', value: 'scalar' };
  const scaling: WriteSpec = { hook: RESID, op: 'scale', value: 'scalar' };
  const at = (write: number, value: number): FedWrite => ({ write, where: EVERYWHERE, value: [value] });
  const before = (await run([], []))[RESID]!.data;
  const addFirst = await run([addition, scaling], [at(0, 5), at(1, 3)]);
  const scaleFirst = await run([scaling, addition], [at(0, 3), at(1, 5)]);
  expect(addFirst[RESID]!.data).toEqual(before.map((x) => Math.fround(Math.fround(x + 5) * 3)));
  expect(scaleFirst[RESID]!.data).toEqual(before.map((x) => Math.fround(Math.fround(x * 3) + 5)));
  const twice = await run([addition, addition], [at(0, 5), at(1, 7)]);
  expect(twice[RESID]!.data).toEqual(before.map((x) => Math.fround(Math.fround(x + 5) + 7)));
});

test('a write in one text of a batch leaves the others as they are', async () => {
  const batch = int64([3, pos], [...tokens.data, ...tokens.data, ...tokens.data].map(Number));
  const write: WriteSpec = { hook: RESID, op: 'add', value: 'vector' };
  const value = numbers(spec.d_model);
  const before = await run([write], [], batch);
  const after = await run(
    [write],
    [{ write: 0, where: (text, position) => text === 1 && position === 4, value }],
    batch,
  );
  expect(changedRows(before[RESID]!, after[RESID]!)).toEqual([[1, 4]]);
  expect(new Set(changedRows(before.logits!, after.logits!).map(([text]) => text))).toEqual(new Set([1]));
});

test('a bridge name writes at the classic hook', async () => {
  const fed = [{ write: 0, where: EVERYWHERE, value: numbers(1) }];
  const reads = [Z];
  const [bridge, classic] = await Promise.all(
    ['blocks.1.attn.o.hook_in', Z].map(async (hook) => {
      const probe = await openProbe(runner(), fixture, [{ hook, op: 'scale', value: 'scalar' }], reads);
      return probe.run(tokens, fed);
    }),
  );
  expect(firstDifference(bridge!.logits!, classic!.logits!)).toBe(-1);
  expect(firstDifference(bridge!.logits!, (await run([], [])).logits!)).toBeGreaterThanOrEqual(0);
});

describe('taps', () => {
  const evaluate = (
    taps: ReadonlyMap<string, Tap>,
    reads: readonly string[] = [RESID],
    writes: readonly WriteSpec[] = [],
  ) => {
    const mask = { dtype: 'bool', shape: [1, pos], data: new Uint8Array(pos).fill(1) } as const;
    const value = { dtype: 'float32', shape: [], data: Float32Array.of(2) } as const;
    const feeds = writes.length ? { tokens, 'write.0.mask': mask, 'write.0.value': value } : { tokens };
    return interpret(forwardGraph(spec, weights, { taps, reads, writes }), feeds).outputs;
  };
  const plain = evaluate(new Map());

  test('one that returns nothing leaves the value', () => {
    const seen: string[] = [];
    const outputs = evaluate(new Map([[RESID, (_, value) => void seen.push(value.shape.join())]]));
    expect(seen).toEqual([`batch,pos,${spec.d_model}`]);
    expect(outputs.logits!.data).toEqual(plain.logits!.data);
  });

  test('a value that one returns flows on, and is what a read sees', () => {
    const outputs = evaluate(new Map([[RESID, (b, value) => add(b, value, b.scalar(1))]]));
    expect(outputs[RESID]!.data).toEqual(plain[RESID]!.data.map((x) => x + 1));
    expect(outputs.logits!.data).not.toEqual(plain.logits!.data);
  });

  test('one comes after the writes of its hook', () => {
    const tap: Tap = (b, value) => add(b, value, b.scalar(1));
    const outputs = evaluate(new Map([[RESID, tap]]), [RESID], [{ hook: RESID, op: 'scale', value: 'scalar' }]);
    expect(outputs[RESID]!.data).toEqual(plain[RESID]!.data.map((x) => 2 * x + 1));
  });

  test('one under a bridge name is the classic one', () => {
    const outputs = evaluate(new Map([['blocks.1.hook_in', (b, value) => add(b, value, b.scalar(1))]]));
    expect(outputs[RESID]!.data).toEqual(plain[RESID]!.data.map((x) => x + 1));
  });
});

describe('refused', () => {
  const plan = (asked: InstrumentPlan) => instrument(graphBuilder(), hookModel(spec), asked);

  test.each(['hook_embed', 'blocks.0.attn.hook_attn_scores', 'blocks.0.mlp.hook_out', 'blocks.0.ln1.hook_scale'])(
    'a write at %s, which is only read',
    (hook) => {
      expectError(
        'invalid-params',
        () => plan({ writes: [{ hook, op: 'add', value: 'scalar' }] }),
        hook,
        'can be read',
      );
    },
  );

  test('names that are no hooks, with the nearest ones', () => {
    const error = expectError(
      'unknown-hook',
      () => plan({ reads: ['blocks.0.hook_resid_pst'] }),
      'blocks.0.hook_resid_post',
    );
    expect(error.data.nearest).toContain('blocks.0.hook_resid_post');
    expectError('unknown-hook', () => plan({ writes: [{ hook: 'blocks.0.hook_zz', op: 'add', value: 'scalar' }] }));
    expectError(
      'unknown-hook',
      () => plan({ taps: new Map([['blocks.9.hook_resid_pre', () => undefined]]) }),
      'blocks 0…2',
    );
  });
});

test('the shapes of hooks are those that the table promises', () => {
  const graph = forwardGraph(spec, weights, {
    reads: [Z, RESID, 'blocks.0.attn.hook_pattern', 'blocks.0.ln1.hook_scale'],
  });
  const { logits: _, ...hooks } = interpret(graph, { tokens }).outputs;
  for (const [hook, { shape }] of Object.entries(hooks)) expect(shape).toEqual(hookShape(spec, hook, [1, pos]));
});
