/**
 * Logits and every hook of every family against Hugging Face transformers (references in test/fixtures/models, made by
 * test/fixtures/generate), through the real runtime. That the rest is rounding is shown by `float64.test.ts`.
 */
import { describe, expect, test } from 'vitest';
import { hooksOf } from '../../server/src/core/hook-name.ts';
import { int64, type Tensor } from '../../server/src/core/tensor.ts';
import { hookModel } from '../../server/src/graph/hooks.ts';
import { modelGraph } from '../../server/src/graph/model-graph.ts';
import { serialize } from '../../server/src/graph/serialize.ts';
import { type Checkpoint, openCheckpoint } from '../../server/src/model/checkpoint.ts';
import { difference } from '../support/compare.ts';
import { fixturePath, floats, modelFixtures, readTensors } from '../support/fixtures.ts';
import { sharedRunner } from '../support/runner.ts';
import { HOOK_TOLERANCE, LOGITS_TOLERANCE } from '../support/tolerances.ts';

const runner = sharedRunner();

async function runHooks(
  checkpoint: Checkpoint,
  tokens: Tensor,
  reads: readonly string[],
): Promise<Record<string, Tensor>> {
  const { b, logits, hooks } = modelGraph(checkpoint.spec, (name) => checkpoint.tensors.get(name), { reads });
  b.output('logits', logits);
  for (const [name, value] of hooks) b.output(name, value);
  const session = await runner().open(serialize(b.finish(), 'parity', 'cpu'), { weights: 'mapped' });
  const outputs = await runner().run(session, { tokens }, ['logits', ...hooks.keys()]);
  await runner().close(session);
  return outputs;
}

describe.each(modelFixtures())('%s', (name) => {
  const folder = fixturePath('models', name);
  const checkpoint = openCheckpoint(folder);
  const reference = readTensors(`${folder}/reference.safetensors`);
  const tokens = int64([1, reference.get('tokens')!.shape[0]!], Array.from(reference.get('tokens')!.data, Number));
  const expected = (hook: string): Float32Array => floats(reference.get(hook)!);

  test('has every hook that the table promises and transformers computes', () => {
    const promised = new Set(hooksOf(hookModel(checkpoint.spec)));
    const referenced = [...reference.keys()].filter((key) => key.includes('hook_'));
    expect(referenced.filter((key) => !promised.has(key))).toEqual([]);
    expect(referenced.length).toBeGreaterThan(15);
  });

  test('all hooks in parts equal transformers', async () => {
    const reads = hooksOf(hookModel(checkpoint.spec));
    const outputs = await runHooks(checkpoint, tokens, reads);
    const wrong = reads
      .filter((hook) => reference.has(hook))
      .map((hook) => ({ hook, ...difference(outputs[hook]!.data as Float32Array, expected(hook)) }))
      .filter((entry) => !(entry.relative < HOOK_TOLERANCE));
    expect(wrong).toEqual([]);
    expect(difference(outputs.logits!.data as Float32Array, expected('logits')).relative).toBeLessThan(
      LOGITS_TOLERANCE,
    );
  });

  test('fused attention and norms give the same logits', async () => {
    const outputs = await runHooks(checkpoint, tokens, []);
    expect(difference(outputs.logits!.data as Float32Array, expected('logits')).relative).toBeLessThan(
      LOGITS_TOLERANCE,
    );
  });
});
