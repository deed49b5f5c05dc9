/** Whether a dictionary can be attached to a model: its hooks exist there and have its width. Says nothing of quality. */
import { SondeError } from '../core/errors.ts';
import { type HookName, hooksOf, parseHook } from '../core/hook-name.ts';
import { hookModel } from '../graph/hooks.ts';
import type { Dictionary } from './dictionary.ts';

/** What has to be known of a model; a ModelSpec is one. */
export type FittedModel = Parameters<typeof hookModel>[0];

/** Elements per position at a hook, heads flattened; null for hooks that are not one vector per position. */
export function hookWidth({ definition }: HookName, model: FittedModel): number | null {
  const sizes = definition.shape.slice(1).map((dim) => (dim === 'key' || dim === 'pos' ? null : sizeOf(dim, model)));
  if (definition.shape[0] !== 'pos' || sizes.includes(null)) return null;
  return sizes.reduce((product: number, size) => product * size!, 1);
}

/**
 * Checks both hooks of a dictionary against a model.
 * @throws unknown-hook with the nearest ones; dictionary-mismatch for another width, naming the block's hooks that
 *   have it; invalid-params for a head that the hook lacks.
 */
export function checkFits(dictionary: Dictionary, model: FittedModel): void {
  checkHook(dictionary, dictionary.hook_in, dictionary.d_in, dictionary.head_index, model);
  const head = dictionary.hook_out === dictionary.hook_in ? dictionary.head_index : null;
  checkHook(dictionary, dictionary.hook_out, dictionary.d_out, head, model);
}

function checkHook(dictionary: Dictionary, hook: string, width: number, head: number | null, model: FittedModel): void {
  const name = parseHook(hook, hookModel(model));
  const whole = hookWidth(name, model);
  const perHead = name.definition.shape.length === 3;
  if (head !== null) {
    const heads = perHead ? sizeOf(name.definition.shape[1]!, model) : null;
    if (heads === null || head >= heads) {
      throw new SondeError(
        'dictionary-mismatch',
        `${dictionary.name} reads head ${head} of ${hook}, which has ${heads ?? 'no'} heads on this model.`,
        { path: dictionary.path, found: heads, expected: head },
      );
    }
  }
  const found = head === null ? whole : sizeOf(name.definition.shape[2]!, model);
  if (found === width) return;
  const fitting = siblings(name, model).filter((other) => hookWidth(other, model) === width);
  const hint =
    fitting.length > 0
      ? ` Hooks of that width in the same block: ${fitting.map((other) => other.name).join(', ')}.`
      : ` No hook of this model is ${width} wide: the dictionary was trained on ${dictionary.convention.model_name ?? 'another model'}.`;
  throw new SondeError(
    'dictionary-mismatch',
    `${dictionary.name} is ${width} wide, but ${hook} is ${found ?? 'no vector per position'}${found === null ? '' : ' wide'} on this model.${hint}`,
    { path: dictionary.path, hook, found, expected: width, fitting: fitting.map((other) => other.name) },
  );
}

/** Hooks of the same block, or outside the blocks. */
function siblings({ layer }: HookName, model: FittedModel): HookName[] {
  const known = hookModel(model);
  return hooksOf(known)
    .map((name) => parseHook(name, known))
    .filter((other) => other.layer === layer);
}

function sizeOf(dim: string, model: FittedModel): number {
  if (dim === '1') return 1;
  return model[dim as 'd_model' | 'd_mlp' | 'd_head' | 'n_heads' | 'n_kv_heads'];
}
