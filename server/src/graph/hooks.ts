/** The seam between the forward pass and whoever watches or changes it. `instrument.ts` implements it. */
import type { HookModel, HookNeed } from '../core/hook-name.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { Value } from './ir.ts';

/** Called by the forward pass at every hook point. */
export interface Hooks {
  /** Whether anything reads or writes this hook; if nothing does, the pass may fuse it away. */
  observed(name: string): boolean;
  /** Offers a hook's value; the pass goes on with what this returns. */
  at(name: string, value: Value): Value;
}

/** What the hook table has to know of a model. */
export function hookModel(spec: ModelSpec): HookModel {
  const has = new Set<HookNeed>();
  if (spec.W_pos !== null) has.add('learned-positions');
  if (!spec.parallel) has.add('sequential');
  if (spec.layers.some((layer) => layer.attention.rotary)) has.add('rotary');
  if (spec.layers.some((layer) => layer.mlp.kind === 'gated')) has.add('gated');
  if (spec.layers.some((layer) => layer.ln1_post)) has.add('post-norms');
  return { n_layers: spec.n_layers, has };
}
