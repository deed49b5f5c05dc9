/** Hooks that a dictionary is mistaken for: same width, same block or the next one, another side of a norm or a sum. */

import { SondeError } from '../core/errors.ts';
import { hookAt, lookUp, parseHook } from '../core/hook-name.ts';
import { hookModel } from '../graph/hooks.ts';
import type { Dictionary } from './dictionary.ts';
import { type FittedModel, hookWidth } from './fits.ts';
import { isTranscoder } from './input.ts';

/** A pair of hooks to try a dictionary at. */
export interface Attachment {
  readonly hook_in: string;
  readonly hook_out: string;
}

const INPUTS = [
  'hook_resid_pre',
  'ln1.hook_normalized',
  'attn.hook_z',
  'hook_attn_out',
  'hook_resid_mid',
  'ln2.hook_normalized',
  'mlp.hook_in',
  'mlp.hook_pre',
  'mlp.hook_post',
  'mlp.hook_out',
  'hook_mlp_out',
  'hook_resid_post',
];
const OUTPUTS = ['mlp.hook_out', 'hook_mlp_out', 'hook_attn_out', 'hook_resid_post'];

/**
 * Places to compare a dictionary's own with: in its block, the same and the residual hooks one block before and after.
 * A transcoder moves one end at a time. Names of the same tensor are tried once.
 */
export function neighbours(dictionary: Dictionary, model: FittedModel): Attachment[] {
  const { hook_in, hook_out, d_in, d_out } = dictionary;
  // One head's neighbours would be other heads of the same hook; whole hooks of that width do not exist.
  if (dictionary.head_index !== null) return [];
  const ends = isTranscoder(dictionary)
    ? [
        ...around(hook_in, INPUTS, d_in, model).map((hook) => ({ hook_in: hook, hook_out })),
        ...around(hook_out, OUTPUTS, d_out, model).map((hook) => ({ hook_in, hook_out: hook })),
      ]
    : around(hook_in, INPUTS, d_in, model).map((hook) => ({ hook_in: hook, hook_out: hook }));
  const seen = new Set([key({ hook_in, hook_out })]);
  return ends.filter((end) => !seen.has(key(end)) && seen.add(key(end)));
}

function around(hook: string, suffixes: readonly string[], width: number, model: FittedModel): string[] {
  const { layer, definition } = lookUp(hook)!;
  if (layer === null) return hook === 'hook_embed' ? existing([hookAt(0, 'hook_resid_pre')], width, model) : [];
  const residual = ['hook_resid_pre', 'hook_resid_mid', 'hook_resid_post'];
  const isResidual = residual.includes(definition.suffix);
  const beside = [layer - 1, layer + 1].flatMap((at) =>
    (isResidual ? residual : [definition.suffix]).map((suffix) => hookAt(at, suffix)),
  );
  return existing([...suffixes.map((suffix) => hookAt(layer, suffix)), ...beside], width, model);
}

function existing(hooks: readonly string[], width: number, model: FittedModel): string[] {
  const known = hookModel(model);
  return hooks.filter((hook) => {
    if (hook.startsWith('blocks.-')) return false;
    try {
      return hookWidth(parseHook(hook, known), model) === width;
    } catch (error) {
      // A hook that this family lacks is no neighbour.
      if (error instanceof SondeError && error.kind === 'unknown-hook') return false;
      throw error;
    }
  });
}

/** The output of block L is the input of block L + 1. */
function key({ hook_in, hook_out }: Attachment): string {
  return [hook_in, hook_out]
    .map((hook) =>
      hook.replace(/^blocks\.(\d+)\.hook_resid_post$/, (_, layer) => hookAt(Number(layer) + 1, 'hook_resid_pre')),
    )
    .join(' → ');
}
