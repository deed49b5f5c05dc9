/**
 * Gemma Scope 1: `params.npz` in `gemma-scope-{size}-{pt|it}-{res|mlp|att|transcoders}/layer_{L}/width_{W}/average_l0_{N}`.
 * There is no config: model, site, layer and L0 are in the names. JumpReLU; no b_dec on the input; trained with BOS.
 * Source: Lieberum et al. 2024, "Gemma Scope", section 3 and the released folders; SAELens 6.54 for the embedding scale.
 */
import { dirname } from 'node:path';
import { SondeError } from '../../core/errors.ts';
import { hookAt } from '../../core/hook-name.ts';
import type { Pieces } from '../../core/turn.ts';
import type { Dictionary, InputNormalization } from '../dictionary.ts';
import { measured, type OpenDictionaryOptions } from './assemble.ts';
import { shortName } from './names.ts';
import { digestOf, matrixShape, openNpz, take, type WeightFile } from './weights.ts';

export const GEMMA_SCOPE_WEIGHTS = 'params.npz';

/** Tokens of a training sequence (Gemma Scope report, section 3.3). */
const CONTEXT_SIZE = 1024;

interface Place {
  readonly model_name: string | null;
  readonly hook_in: string;
  readonly hook_out: string;
  readonly embedding: boolean;
}

/** Opens `params.npz`. @throws unsupported-format when the names do not tell the site; artifact errors. */
export function* openGemmaScope(path: string, options: OpenDictionaryOptions): Pieces<Dictionary> {
  const file = upperCased(openNpz(path));
  const folder = dirname(path);
  const place = placeOf(folder, options);
  const [d_in, d_sae] = matrixShape(file, 'W_enc');
  const d_out = matrixShape(file, 'W_dec')[1];
  const l0 = /average_l0_(\d+)/.exec(folder)?.[1];
  return yield* measured(
    {
      name: shortName(folder, 3),
      path: folder,
      format: 'gemma-scope',
      architecture: 'jumprelu',
      d_in,
      d_sae,
      d_out,
      hook_in: place.hook_in,
      hook_out: place.hook_out,
      head_index: null,
      center_input: false,
      normalization: place.embedding ? unscaled(d_in) : { kind: 'none' },
      apply_b_dec_to_input: false,
      activation: { kind: 'jumprelu', threshold: take(file, 'threshold', [d_sae]) },
      W_enc: { source: take(file, 'W_enc', [d_in, d_sae]), layout: 'in_sae' },
      b_enc: take(file, 'b_enc', [d_sae]),
      W_dec: take(file, 'W_dec', [d_sae, d_out]),
      b_dec: take(file, 'b_dec', [d_out]),
      W_skip: null,
      convention: {
        prepend_bos: true,
        context_size: CONTEXT_SIZE,
        model_name: place.model_name,
        declared_l0: l0 === undefined ? null : Number(l0),
        neuronpedia_id: null,
      },
      notes: [],
      digest: digestOf('', file),
    },
    options,
  );
}

/** The embedding dictionary was trained before Gemma's factor √d_model, which hook_embed includes. */
function unscaled(d_model: number): InputNormalization {
  const scale = 1 / Math.sqrt(d_model);
  return { kind: 'scale', in: scale, out: scale };
}

function placeOf(folder: string, options: OpenDictionaryOptions): Place {
  const repo = [...folder.matchAll(/gemma-scope-(?:([\w.]+)-)?(pt|it)-(res|mlp|att|transcoders)(?![a-z])/g)].at(-1);
  const layer = /layer_(\d+)/.exec(folder)?.[1];
  const model_name = repo?.[1] ? `google/gemma-2-${repo[1]}${repo[2] === 'it' ? '-it' : ''}` : null;
  if (/(^|\/)embedding(\/|$)/.test(folder)) {
    return { model_name, hook_in: 'hook_embed', hook_out: 'hook_embed', embedding: true };
  }
  if (options.hook_in !== undefined) {
    const hook_out = options.hook_out ?? options.hook_in;
    return { model_name, hook_in: options.hook_in, hook_out, embedding: false };
  }
  if (!repo || layer === undefined) {
    throw new SondeError(
      'unsupported-format',
      `${folder}: a Gemma Scope file says where it belongs only by its folders, gemma-scope-…-{res,mlp,att,transcoders}` +
        '/layer_N/…; these do not. Keep the repository’s folder names, or name the hook explicitly.',
      { path: folder, expected: 'gemma-scope-{size}-{pt|it}-{res|mlp|att|transcoders}/layer_{N}' },
    );
  }
  const [input, output] = SITES[repo[3] as keyof typeof SITES];
  return {
    model_name,
    hook_in: hookAt(Number(layer), input),
    hook_out: hookAt(Number(layer), output),
    embedding: false,
  };
}

/** The MLP sites are after Gemma 2's post norm; transcoders read before the norm's gain. */
const SITES = {
  res: ['hook_resid_post', 'hook_resid_post'],
  mlp: ['hook_mlp_out', 'hook_mlp_out'],
  att: ['attn.hook_z', 'attn.hook_z'],
  transcoders: ['ln2.hook_normalized', 'hook_mlp_out'],
} as const;

/** Some files spell their matrices w_enc and w_dec. */
function upperCased(file: WeightFile): WeightFile {
  const tensors = [...file.tensors].map(([name, source]) => [name.replace(/^w_/, 'W_'), source] as const);
  return { ...file, tensors: new Map(tensors) };
}
