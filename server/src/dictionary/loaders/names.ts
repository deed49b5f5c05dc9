/** What folder and module names say: short names for people, layers, and hooks that other projects name their own way. */
import { basename, dirname } from 'node:path';
import { SondeError } from '../../core/errors.ts';
import { hookAt } from '../../core/hook-name.ts';

/** Last parts of a path that tell dictionaries apart: `blocks.8.hook_resid_pre`, `layer_3/width_16k/average_l0_59`. */
export function shortName(folder: string, parts: number): string {
  const names: string[] = [];
  for (let at = folder; names.length < parts && dirname(at) !== at; at = dirname(at)) names.unshift(basename(at));
  return names.join('/');
}

/** Hooks of a dictionary that is attached to a Hugging Face module. */
export interface ModuleHooks {
  readonly hook_in: string;
  readonly hook_out: string;
  readonly note: string | null;
}

/**
 * Hooks of a Hugging Face module path such as `layers.3`, `model.layers.3.mlp`, `h.3.attn` or `embed_tokens`: a
 * dictionary reads and reconstructs the module's output; a transcoder reads its input instead.
 * @throws unknown-hook listing the modules that are known.
 */
export function moduleHooks(module: string, transcode: boolean, path: string): ModuleHooks {
  const match = /(?:^|\.)(?:layers|h|blocks)\.(\d+)(?:\.(.+))?$/.exec(module);
  if (!match) {
    if (/(^|\.)(embed_tokens|wte|embed_in)$/.test(module) && !transcode) {
      return { hook_in: 'hook_embed', hook_out: 'hook_embed', note: null };
    }
    return unknownModule(module, path);
  }
  const layer = Number(match[1]);
  const at = (suffix: string): string => hookAt(layer, suffix);
  const both = (input: string, output: string, note: string | null = null): ModuleHooks => ({
    hook_in: at(transcode ? input : output),
    hook_out: at(output),
    note,
  });
  const part = match[2] ?? '';
  if (part === '') return both('hook_resid_pre', 'hook_resid_post');
  if (part === 'mlp') return both('mlp.hook_in', 'mlp.hook_out');
  if (/^(self_attn|attn|attention)$/.test(part) && !transcode) {
    return both('', 'hook_attn_out', 'attention output is read as hook_attn_out, after any post norm (Gemma 2 and 3)');
  }
  return unknownModule(module, path);
}

function unknownModule(module: string, path: string): never {
  const expected = 'layers.N, layers.N.mlp, layers.N.self_attn or embed_tokens (h.N… for GPT-2)';
  throw new SondeError(
    'unknown-hook',
    `${path}: no hook is known for module "${module}"; expected ${expected}. Name the hook explicitly.`,
    { path, found: module, expected },
  );
}
