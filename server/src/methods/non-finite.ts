/** Finds where a forward pass stops being finite, so that NaN is never returned as a result. */

import { SondeError } from '../core/errors.ts';
import { hooksOf } from '../core/hook-name.ts';
import { hookModel } from '../graph/hooks.ts';
import { readActivations } from './activations.ts';
import type { Execution } from './execution.ts';
import type { ModelHandle } from './model-handle.ts';

/** Hooks whose whole tensors are worth reading to find the first bad one; scores hold huge values on purpose. */
const WATCHED =
  /hook_(embed|pos_embed|resid_pre|normalized|q|k|v|rot_q|rot_k|pattern|z|attn_out|pre|post|mlp_out|resid_post)$/;

/** Whether every element is a finite number. */
export function allFinite(data: ArrayLike<number>): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}

/**
 * Re-runs the model with its hooks in view and throws.
 * @throws non-finite naming the first hook, in forward order, and the first position where a value is NaN or infinite.
 */
export async function reportNonFinite(
  execution: Execution,
  model: ModelHandle,
  ids: readonly number[],
  seenAt: string,
  signal?: AbortSignal,
): Promise<never> {
  const all = hooksOf(hookModel(model.spec)).filter((name) => WATCHED.test(name));
  // A layer at a time keeps memory bounded; the first bad tensor ends the search.
  for (let layer = 0; layer < model.spec.n_layers; layer++) {
    const inLayer = all.filter(
      (name) => name.startsWith(`blocks.${layer}.`) || (layer === 0 && !name.startsWith('blocks.')),
    );
    const hooks = inLayer.filter((name) => !name.startsWith('ln_final'));
    const outputs = await readActivations(execution, model, ids, hooks, signal);
    for (const name of hooks) {
      const { data, shape } = outputs[name]!;
      const bad = data.findIndex((value) => !Number.isFinite(value));
      if (bad < 0) continue;
      const position = name.endsWith('hook_pattern') ? null : Math.floor(bad / (data.length / ids.length));
      const where = position === null ? '' : ` at position ${position}`;
      throw new SondeError(
        'non-finite',
        `The model's activations stop being finite at ${name}${where} (value ${data[bad]}); nothing after it can be trusted. Check the checkpoint's weights and dtype.`,
        { hook: name, position, shape, value: String(data[bad]), seenAt },
      );
    }
  }
  throw new SondeError(
    'non-finite',
    `A non-finite value appeared at ${seenAt}, though every hook of the model is finite: the dictionary's weights are to blame.`,
    { seenAt },
  );
}
