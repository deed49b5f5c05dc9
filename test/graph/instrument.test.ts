/** Writes through the real runtime on every family, compared exactly: a write touches what it says and nothing else. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { int64 } from '../../server/src/core/tensor.ts';
import type { WriteSpec } from '../../server/src/graph/instrument.ts';
import { modelFixtures } from '../support/fixtures.ts';
import { allHooks, modelFixture } from '../support/model-fixture.ts';
import { seededRandom } from '../support/random.ts';
import { sharedRunner } from '../support/runner.ts';
import {
  changedRows,
  type FedWrite,
  firstDifference,
  fusedHooks,
  hookShape,
  openProbe,
  type Values,
  type WriteProbe,
  writableHooks,
} from '../support/write-probe.ts';

const runner = sharedRunner();
const EVERYWHERE = (): boolean => true;

/** The axis of a hook's tensor [batch, …] that counts positions; a pattern's rows are queries. */
const positionAxis = (hook: string): number => (/hook_(attn_scores|pattern)$/.test(hook) ? 2 : 1);

/** Names of the tensors that differ, among those that `pick` names. */
function changed(before: Values, after: Values, pick: readonly string[]): string[] {
  return pick.filter((name) => firstDifference(before[name]!, after[name]!) >= 0);
}

function vector(length: number): Float32Array {
  const random = seededRandom(7);
  return Float32Array.from({ length }, () => random.normal());
}

describe.each(modelFixtures())('%s', (name) => {
  const fixture = modelFixture(name);
  const { spec, tokens, pos } = fixture;
  const donorTokens = int64(
    tokens.shape,
    Array.from(tokens.data, (id) => (Number(id) * 7 + 3) % spec.d_vocab),
  );

  describe.each(['fused', 'in parts'])('%s', (form) => {
    const parts = form === 'in parts';
    // Fused programs write at every layer; the others differ inside attention alone, so the ends do.
    const ends = [0, spec.n_layers - 1].map((layer) => `blocks.${layer}.`);
    const writable = writableHooks(spec, parts).filter((hook) => !parts || ends.some((end) => hook.startsWith(end)));
    let probe: WriteProbe;
    let before: Values;
    beforeAll(async () => {
      const writes = writable.flatMap((hook): WriteSpec[] => [
        { hook, op: 'replace', value: 'full' },
        { hook, op: 'add', value: 'vector' },
        { hook, op: 'scale', value: 'scalar' },
      ]);
      probe = await openProbe(runner(), fixture, writes, parts ? allHooks(spec) : fusedHooks(spec));
      before = await probe.run(tokens);
    });
    afterAll(() => probe.close());

    const replace = (hook: string, values: Values, where: FedWrite['where'] = EVERYWHERE): FedWrite => ({
      write: probe.find(hook, 'replace'),
      where,
      value: values[hook]!.data,
    });

    test('writing what was read changes nothing', async () => {
      const all = ['logits', ...probe.reads];
      for (const hook of writable) {
        const seen = ['logits', hook];
        const after = await probe.run(tokens, [replace(hook, before)], seen);
        expect([hook, changed(before, after, seen)]).toEqual([hook, []]);
      }
      const together = writable.map((hook) => replace(hook, before));
      expect(changed(before, await probe.run(tokens, together), all)).toEqual([]);
    });

    test('patching resid_pre at every position reproduces the donor logits', async () => {
      const donor = await probe.run(donorTokens);
      expect(firstDifference(before.logits!, donor.logits!)).toBeGreaterThanOrEqual(0);
      for (const hook of writable.filter((entry) => entry.endsWith('hook_resid_pre'))) {
        const patched = await probe.run(tokens, [replace(hook, donor)], ['logits']);
        expect([hook, firstDifference(patched.logits!, donor.logits!)]).toEqual([hook, -1]);
        const butOne = await probe.run(
          tokens,
          [replace(hook, donor, (_, position) => position !== pos - 1)],
          ['logits'],
        );
        expect(changedRows(butOne.logits!, donor.logits!).at(-1)).toEqual([0, pos - 1]);
      }
    });

    test('adding and scaling change the masked rows as they say, and nothing upstream or earlier', async () => {
      for (const hook of writable) {
        const shape = hookShape(spec, hook, tokens.shape);
        // One position in the middle and, where there are heads, the last one.
        const at = Math.floor(pos / 2);
        const axis = positionAxis(hook);
        const heads = shape.length === 4 ? shape[3 - axis]! : null;
        const where = (...index: readonly number[]): boolean =>
          index[axis] === at && (heads === null || index[3 - axis] === heads - 1);
        const row = heads === null ? [0, at] : axis === 1 ? [0, at, heads - 1] : [0, heads - 1, at];
        const added = vector(shape.at(-1)!);
        const scaled = await probe.run(tokens, [{ write: probe.find(hook, 'scale'), where, value: [-1.5] }], [hook]);
        expect([hook, changedRows(before[hook]!, scaled[hook]!)]).toEqual([hook, [row]]);
        expect(distance(rowOf(scaled, hook, row), rowOf(before, hook, row), (x) => x * -1.5)).toBe(0);

        const after = await probe.run(tokens, [{ write: probe.find(hook, 'add'), where, value: added }]);
        expect([hook, changedRows(before[hook]!, after[hook]!)]).toEqual([hook, [row]]);
        expect(distance(rowOf(after, hook, row), rowOf(before, hook, row), (x, j) => x + added[j]!)).toBe(0);
        const upstream = probe.reads.slice(0, probe.reads.indexOf(hook));
        expect([hook, changed(before, after, upstream)]).toEqual([hook, []]);
        const earlier = ['logits', ...probe.reads].filter((other) =>
          changedRows(before[other]!, after[other]!).some((index) => index[positionAxis(other)]! < at),
        );
        expect([hook, earlier]).toEqual([hook, []]);
        expect([hook, firstDifference(before.logits!, after.logits!) >= 0]).toEqual([hook, true]);
      }
    });

    if (parts) {
      test('a head made to look at one key gives that key’s value', async () => {
        const layer = spec.n_layers - 1;
        const hook = `blocks.${layer}.attn.hook_pattern`;
        const head = spec.n_heads - 1;
        const query = pos - 2;
        const oneHot = new Float32Array(before[hook]!.data.length);
        for (let i = 0; i < oneHot.length; i += pos) oneHot[i] = 1;
        const after = await probe.run(tokens, [
          replace(hook, { [hook]: { ...before[hook]!, data: oneHot } }, (_, h, q) => h === head && q === query),
        ]);
        const [z, v] = [`blocks.${layer}.attn.hook_z`, `blocks.${layer}.attn.hook_v`];
        expect(changedRows(before[z]!, after[z]!)).toEqual([[0, query, head]]);
        const shared = Math.floor((head * spec.n_kv_heads) / spec.n_heads);
        expect(rowOf(after, z, [0, query, head])).toEqual(rowOf(before, v, [0, 0, shared]));
      });
    } else {
      test('idle writes leave the logits of the plain program', async () => {
        const plain = await openProbe(runner(), fixture, [], []);
        expect(firstDifference((await plain.run(tokens)).logits!, before.logits!)).toBe(-1);
        await plain.close();
      });
    }
  });
});

/** Largest distance of a row from what float32 arithmetic makes of another. */
function distance(row: Float32Array, from: Float32Array, change: (x: number, j: number) => number): number {
  return row.reduce((worst, value, j) => Math.max(worst, Math.abs(value - Math.fround(change(from[j]!, j)))), 0);
}

/** One row over the last axis. */
function rowOf(values: Values, hook: string, index: readonly number[]): Float32Array {
  const { shape, data } = values[hook]!;
  const width = shape.at(-1)!;
  const row = index.reduce((offset, at, axis) => offset * shape[axis]! + at, 0);
  return data.slice(row * width, (row + 1) * width);
}
