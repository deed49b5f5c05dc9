import { expect, test } from 'vitest';
import { float32 } from '../../server/src/core/tensor.ts';
import { hookInput, hookTarget } from '../../server/src/dictionary/input.ts';
import { neighbours } from '../../server/src/dictionary/neighbours.ts';
import { graphBuilder } from '../../server/src/graph/builder.ts';
import { serialize } from '../../server/src/graph/serialize.ts';
import { openCheckpoint } from '../../server/src/model/checkpoint.ts';
import { fixturePath } from '../support/fixtures.ts';
import { sharedRunner } from '../support/runner.ts';
import { memoryDictionary } from './memory-dictionary.ts';
import { runOnce } from './run.ts';

const runner = sharedRunner();
const [BATCH, POS, HEADS, D_HEAD] = [2, 3, 4, 5];
const Z = { hook_in: 'blocks.0.attn.hook_z', hook_out: 'blocks.0.attn.hook_z', d_sae: 4 } as const;

async function rowsOf(head_index: number | null) {
  const d_in = head_index === null ? HEADS * D_HEAD : D_HEAD;
  const dictionary = memoryDictionary({ ...Z, d_in, head_index });
  const b = graphBuilder();
  const z = b.input('z', 'float32', ['batch', 'pos', HEADS, D_HEAD]);
  b.output('x', hookInput(b, dictionary, z));
  b.output('y', hookTarget(b, dictionary, z));
  const data = Float32Array.from({ length: BATCH * POS * HEADS * D_HEAD }, (_, i) => i);
  const feeds = { z: float32([BATCH, POS, HEADS, D_HEAD], data) };
  const out = await runOnce(runner(), serialize(b.finish(), 'rows', 'cpu'), feeds, ['x', 'y']);
  expect(out.y).toEqual(out.x);
  return out.x!;
}

test('heads are flattened in order, or one is taken', async () => {
  const whole = await rowsOf(null);
  expect(whole.shape).toEqual([BATCH * POS, HEADS * D_HEAD]);
  expect([...(whole.data as Float32Array).keys()]).toEqual([...(whole.data as Float32Array)]);
  const one = await rowsOf(2);
  expect(one.shape).toEqual([BATCH * POS, D_HEAD]);
  expect([...(one.data as Float32Array).subarray(0, 6)]).toEqual([10, 11, 12, 13, 14, 30]);
});

test('neighbours exist on the model, have the width, and name each tensor once', () => {
  const { spec } = openCheckpoint(fixturePath('models', 'gpt2'));
  const around = (hook: string) =>
    neighbours(memoryDictionary({ d_in: spec.d_model, d_sae: 4, hook_in: hook, hook_out: hook }), spec).map(
      ({ hook_in }) => hook_in,
    );
  const mlp = around('blocks.0.hook_mlp_out');
  expect(mlp).toContain('blocks.0.mlp.hook_out');
  expect(mlp).toContain('blocks.1.hook_mlp_out');
  expect(mlp).not.toContain('blocks.0.mlp.hook_post');
  const resid = around('blocks.1.hook_resid_pre');
  expect(resid).not.toContain('blocks.0.hook_resid_post');
  expect(resid).toContain('blocks.0.hook_resid_mid');
  expect(new Set(resid).size).toBe(resid.length);
  const parallel = openCheckpoint(fixturePath('models', 'neox-parallel')).spec;
  const post = memoryDictionary({ d_in: parallel.d_model, d_sae: 4 });
  expect(neighbours(post, parallel).map(({ hook_in }) => hook_in)).not.toContain('blocks.0.hook_resid_mid');
});

test('a transcoder moves one end at a time', () => {
  const { spec } = openCheckpoint(fixturePath('models', 'gpt2'));
  const own = { hook_in: 'blocks.0.ln2.hook_normalized', hook_out: 'blocks.0.hook_mlp_out' };
  const found = neighbours(memoryDictionary({ d_in: spec.d_model, d_sae: 4, ...own }), spec);
  expect(found).toContainEqual({ ...own, hook_in: 'blocks.0.mlp.hook_in' });
  expect(found).toContainEqual({ ...own, hook_out: 'blocks.0.mlp.hook_out' });
  for (const { hook_in, hook_out } of found) {
    expect(Number(hook_in !== own.hook_in) + Number(hook_out !== own.hook_out)).toBe(1);
  }
});
