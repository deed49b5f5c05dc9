/** The table of hook points against every family: names, bridge spellings, availability and refusals. */
import { describe, expect, test } from 'vitest';
import { HOOKS, type HookNeed, hooksOf, lookUp, parseHook } from '../../server/src/core/hook-name.ts';
import { hookModel } from '../../server/src/graph/hooks.ts';
import { expectError } from '../support/expect-error.ts';
import { modelFixtures } from '../support/fixtures.ts';
import { forwardGraph, modelFixture } from '../support/model-fixture.ts';

const everything = { n_layers: 3, has: new Set<HookNeed>(['learned-positions', 'sequential', 'rotary', 'gated']) };
const bare = { n_layers: 2, has: new Set<HookNeed>() };

describe.each(modelFixtures())('%s', (name) => {
  const { spec, weights } = modelFixture(name);
  const model = hookModel(spec);
  const names = hooksOf(model);

  test('every name is there once, parses to itself and is placed by the forward pass', () => {
    expect(new Set(names).size).toBe(names.length);
    for (const hook of names) expect(parseHook(hook, model).name).toBe(hook);
    const placed = forwardGraph(spec, weights, { reads: names }).outputs.map((output) => output.name);
    expect(names.filter((hook) => !placed.includes(hook))).toEqual([]);
  });

  test('hooks that the family lacks are refused with the reason', () => {
    const lacking = HOOKS.filter((entry) => entry.needs && !model.has.has(entry.needs));
    expect(lacking.length).toBeGreaterThan(0);
    for (const { scope, suffix } of lacking) {
      const hook = scope === 'block' ? `blocks.0.${suffix}` : suffix;
      const error = expectError(
        'unknown-hook',
        () => parseHook(hook, model),
        hook,
        'it needs a model with',
        'Nearest:',
      );
      expect(names).toEqual(expect.arrayContaining(error.data.nearest as string[]));
    }
  });

  test('blocks that the model lacks are refused with those it has', () => {
    const past = `blocks.${spec.n_layers}.hook_resid_pre`;
    expectError('unknown-hook', () => parseHook(past, model), `it has blocks 0…${spec.n_layers - 1}`);
  });
});

test.each([
  ['embed.hook_out', 'hook_embed'],
  ['pos_embed.hook_out', 'hook_pos_embed'],
  ['blocks.2.hook_in', 'blocks.2.hook_resid_pre'],
  ['blocks.2.hook_out', 'blocks.2.hook_resid_post'],
  ['blocks.0.attn.q.hook_out', 'blocks.0.attn.hook_q'],
  ['blocks.0.attn.k.hook_out', 'blocks.0.attn.hook_k'],
  ['blocks.0.attn.v.hook_out', 'blocks.0.attn.hook_v'],
  ['blocks.1.attn.o.hook_in', 'blocks.1.attn.hook_z'],
  ['blocks.1.attn.hook_out', 'blocks.1.hook_attn_out'],
  ['blocks.1.ln1.hook_in', 'blocks.1.hook_resid_pre'],
  ['blocks.1.ln2.hook_in', 'blocks.1.hook_mlp_in'],
  ['blocks.1.mlp.gate.hook_out', 'blocks.1.mlp.hook_pre'],
  ['blocks.1.mlp.in.hook_out', 'blocks.1.mlp.hook_pre_linear'],
  ['blocks.1.mlp.out.hook_in', 'blocks.1.mlp.hook_post'],
])('the bridge name %s is %s', (bridge, classic) => {
  expect(parseHook(bridge, everything).name).toBe(classic);
  expect(hooksOf(everything)).toContain(classic);
  expect(hooksOf(everything)).not.toContain(bridge);
});

test('mlp.in is fc_in where the MLP is not gated, and there is no gate', () => {
  expect(parseHook('blocks.1.mlp.in.hook_out', bare).name).toBe('blocks.1.mlp.hook_pre');
  expectError('unknown-hook', () => parseHook('blocks.1.mlp.gate.hook_out', bare));
});

test('after post norms only the norms’ outputs are contributions', () => {
  const gemma = hookModel(modelFixture('gemma2').spec);
  expect(parseHook('blocks.1.ln1_post.hook_out', gemma).name).toBe('blocks.1.hook_attn_out');
  expect(parseHook('blocks.1.ln2_post.hook_out', gemma).name).toBe('blocks.1.hook_mlp_out');
  expectError('unknown-hook', () => parseHook('blocks.1.attn.hook_out', gemma));
  expectError('unknown-hook', () => parseHook('blocks.1.ln1_post.hook_out', everything));
});

test.each([
  ['blocks.1.hook_resid_prae', 'blocks.1.hook_resid_pre'],
  ['block.1.attn.hook_z', 'blocks.1.attn.hook_z'],
  ['blocks.0.mlp.hook_posts', 'blocks.0.mlp.hook_post'],
  ['ln_final.hook_normalised', 'ln_final.hook_normalized'],
])('%s is refused with %s first', (name, near) => {
  const error = expectError('unknown-hook', () => parseHook(name, everything), name, 'it is not a hook name', near);
  expect((error.data.nearest as string[])[0]).toBe(near);
});

test.each([
  'blocks.01.hook_resid_pre',
  'blocks.-1.hook_resid_pre',
  'blocks.1e0.hook_resid_pre',
  'blocks.99999.hook_resid_pre',
  'blocks.0.hook_embed',
  'hook_resid_pre',
  'blocks.0.constructor',
  '__proto__',
  'blocks.0.__proto__',
  '',
])('"%s" is no hook', (name) => {
  expect(lookUp(name)).toBeNull();
  expectError('unknown-hook', () => parseHook(name, everything));
});

test('each need takes away its own hooks and no other', () => {
  const without = new Set(hooksOf(bare));
  const needy = HOOKS.filter((entry) => entry.needs).map((entry) => entry.suffix);
  expect(
    hooksOf({ ...everything, n_layers: 2 })
      .filter((name) => !without.has(name))
      .sort(),
  ).toEqual(
    [
      'hook_pos_embed',
      ...[0, 1].flatMap((layer) => needy.slice(1).map((suffix) => `blocks.${layer}.${suffix}`)),
    ].sort(),
  );
});
