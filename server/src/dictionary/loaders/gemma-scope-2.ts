/**
 * Gemma Scope 2: `{resid_post|attn_out|mlp_out|transcoder}[_all]/layer_{L}_width_{W}_l0_{level}[_affine]/` with
 * `config.json` and `params.safetensors`, lower-case tensor names.
 * Source: google/gemma-scope-2-* folders; SAELens 6.54 and circuit-tracer 0.5, which agree on x @ affine_skip_connection.
 */
import { basename, dirname, join } from 'node:path';
import { hookAt } from '../../core/hook-name.ts';
import type { Pieces } from '../../core/turn.ts';
import { readText } from '../../files/file-reader.ts';
import { type GemmaScopeConfig, parseGemmaScopeConfig } from '../../formats/gemma-scope-config.ts';
import type { Dictionary } from '../dictionary.ts';
import { measured, type OpenDictionaryOptions, unsupported } from './assemble.ts';
import { transposed } from './matrices.ts';
import { shortName } from './names.ts';
import { digestOf, matrixShape, openSafetensors, take, takeOptional } from './weights.ts';

export const GEMMA_SCOPE_2_WEIGHTS = 'params.safetensors';

/** Opens a Gemma Scope 2 folder. @throws unsupported-format for cross-layer transcoders and unknown sites. */
export function* openGemmaScope2(folder: string, options: OpenDictionaryOptions): Pieces<Dictionary> {
  const configPath = join(folder, 'config.json');
  const text = readText(configPath);
  const config = parseGemmaScopeConfig(text, configPath);
  const file = openSafetensors(join(folder, GEMMA_SCOPE_2_WEIGHTS));
  const [d_in, d_sae] = matrixShape(file, 'w_enc');
  const d_out = matrixShape(file, 'w_dec')[1];
  const [hook_in, hook_out] = hooksOf(config, folder, options);
  const skip = takeOptional(file, 'affine_skip_connection', [d_in, d_out]);
  return yield* measured(
    {
      name: shortName(folder, 2),
      path: folder,
      format: 'gemma-scope-2',
      architecture: config.architecture,
      d_in,
      d_sae,
      d_out,
      hook_in,
      hook_out,
      head_index: null,
      center_input: false,
      normalization: { kind: 'none' },
      apply_b_dec_to_input: false,
      activation: { kind: 'jumprelu', threshold: take(file, 'threshold', [d_sae]) },
      W_enc: { source: take(file, 'w_enc', [d_in, d_sae]), layout: 'in_sae' },
      b_enc: take(file, 'b_enc', [d_sae]),
      W_dec: take(file, 'w_dec', [d_sae, d_out]),
      b_dec: take(file, 'b_dec', [d_out]),
      // The file holds [d_in, d_out] and means x @ it.
      W_skip: skip && (yield* transposed(skip)),
      convention: {
        prepend_bos: true,
        context_size: null,
        model_name: config.model_name,
        declared_l0: config.l0,
        neuronpedia_id: null,
      },
      notes: hook_in === hook_out ? [] : ['input is read before the norm’s gain, as for Gemma Scope 1'],
      digest: digestOf(text, file),
    },
    options,
  );
}

function hooksOf(config: GemmaScopeConfig, folder: string, options: OpenDictionaryOptions): [string, string] {
  if (options.hook_in !== undefined) return [options.hook_in, options.hook_out ?? options.hook_in];
  const layer = /layer_(\d+)/.exec(basename(folder))?.[1] ?? /layers\.(\d+)/.exec(config.hf_hook_point_in)?.[1];
  const site = basename(dirname(folder)).replace(/_all$/, '');
  const [input, output] = SITES[site] ?? byModule(config);
  if (layer === undefined || input === undefined || output === undefined) {
    const found = `the site "${site}" with ${config.hf_hook_point_in}`;
    return unsupported(folder, found, Object.keys(SITES).join(', '));
  }
  const heads = site === 'attn_out' && config.hf_hook_point_in.endsWith('o_proj.input');
  if (heads) return [hookAt(Number(layer), 'attn.hook_z'), hookAt(Number(layer), 'attn.hook_z')];
  return [hookAt(Number(layer), input), hookAt(Number(layer), output)];
}

const SITES: Readonly<Record<string, readonly [string, string]>> = {
  resid_post: ['hook_resid_post', 'hook_resid_post'],
  attn_out: ['hook_attn_out', 'hook_attn_out'],
  mlp_out: ['hook_mlp_out', 'hook_mlp_out'],
  transcoder: ['ln2.hook_normalized', 'hook_mlp_out'],
};

/** For a folder that was moved out of its site's folder. */
function byModule(config: GemmaScopeConfig): readonly [string?, string?] {
  const module = config.hf_hook_point_in.replace(/^.*layers\.\d+\./, '');
  if (module === 'output') return SITES.resid_post!;
  if (module === 'post_feedforward_layernorm.output') return SITES.mlp_out!;
  if (module === 'pre_feedforward_layernorm.output') return SITES.transcoder!;
  if (module === 'self_attn.o_proj.input') return ['attn.hook_z', 'attn.hook_z'];
  return [];
}
