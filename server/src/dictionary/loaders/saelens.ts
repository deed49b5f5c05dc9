/**
 * SAELens folders: `cfg.json` and `sae_weights.safetensors`, inference saves and training checkpoints.
 * Source: SAELens 6.54 `sae_lens/saes/*.py`, `sae_lens/loading/pretrained_sae_loaders.py`, `pretrained_saes.yaml`.
 */
import { dirname, join } from 'node:path';
import { SondeError } from '../../core/errors.ts';
import type { Pieces } from '../../core/turn.ts';
import { readText } from '../../files/file-reader.ts';
import { parseSaeLensConfig, type SaeLensConfig } from '../../formats/sae-lens-config.ts';
import type { Dictionary, DictionaryActivation, InputNormalization } from '../dictionary.ts';
import { assemble, type DictionaryParts, type OpenDictionaryOptions, unsupported, vectorSource } from './assemble.ts';
import { rowNorms } from './matrices.ts';
import { shortName } from './names.ts';
import { digestOf, openSafetensors, readVector, take, takeOptional, type WeightFile } from './weights.ts';

export const SAELENS_CONFIG = 'cfg.json';
export const SAELENS_WEIGHTS = 'sae_weights.safetensors';

/**
 * Opens a SAELens folder.
 * @throws unsupported-format for unfolded expected-average norms and other states that cannot be run; artifact errors.
 */
export function* openSaeLens(folder: string, options: OpenDictionaryOptions): Pieces<Dictionary> {
  const configPath = join(folder, SAELENS_CONFIG);
  const text = readText(configPath);
  const config = parseSaeLensConfig(text, configPath);
  const file = openSafetensors(join(folder, SAELENS_WEIGHTS));
  checkScaling(file, config);
  const { d_in, d_sae, d_out, architecture, apply_b_dec_to_input } = config;
  const W_dec = take(file, 'W_dec', [d_sae, d_out]);
  const norms = yield* rowNorms(W_dec);
  const { activation, alwaysFolded, note } = activationOf(file, config, norms);
  const transcoder = architecture.endsWith('transcoder');
  const hook_in = hookOf(config, options, configPath);
  const center = centering(config, folder, hook_in);
  const parts: DictionaryParts = {
    name: shortName(folder, 1),
    path: folder,
    format: 'saelens',
    architecture,
    d_in,
    d_sae,
    d_out,
    hook_in,
    hook_out: transcoder ? (config.hook_name_out ?? options.hook_out ?? noOutputHook(configPath)) : hook_in,
    head_index: config.hook_head_index,
    center_input: center.center,
    normalization: normalizationOf(config, configPath),
    apply_b_dec_to_input,
    activation,
    alwaysFolded,
    W_enc: { source: take(file, 'W_enc', [d_in, d_sae]), layout: 'in_sae' },
    b_enc: activation.kind === 'gated' ? null : take(file, 'b_enc', [d_sae]),
    W_dec,
    b_dec: take(file, 'b_dec', [d_out]),
    W_skip: takeOptional(file, 'W_skip', [d_out, d_in]),
    convention: {
      prepend_bos: config.prepend_bos,
      context_size: config.context_size,
      model_name: config.model_name,
      declared_l0: config.l0 ?? config.activation.k,
      neuronpedia_id: config.neuronpedia_id,
    },
    notes: [center.note, note].filter((entry) => entry !== null),
    digest: digestOf(text, file),
  };
  const dictionary = assemble(parts, options, norms);
  if (!center.guessed || options.center !== undefined) return dictionary;
  const other = assemble(
    { ...parts, center_input: !center.center, name: `${parts.name} (not centred)` },
    options,
    norms,
  );
  return { ...dictionary, alternatives: [other] };
}

interface ReadActivation {
  readonly activation: DictionaryActivation;
  readonly alwaysFolded: boolean;
  readonly note: string | null;
}

function activationOf(file: WeightFile, config: SaeLensConfig, norms: Float32Array): ReadActivation {
  const { d_sae, architecture, rescale_acts_by_decoder_norm: rescale } = config;
  const plain = (activation: DictionaryActivation, note: string | null = null): ReadActivation => ({
    activation,
    alwaysFolded: false,
    note,
  });
  if (config.activation.fn === 'topk') {
    const k = config.activation.k!;
    if (k > d_sae) unsupported(file.path, `k = ${k} of ${d_sae} features`, `k up to ${d_sae}`);
    // Rescaled activations are h·‖W_dec row‖ in SAELens' own output, folded or not.
    const activation = { kind: 'topk', k, order: 'topk-relu', rescaleByDecoderNorm: rescale } as const;
    return { activation, alwaysFolded: rescale, note: null };
  }
  if (config.activation.fn === 'batchtopk') return batchTopK(file, config, norms);
  if (architecture === 'gated') {
    const [b_gate, b_mag, r_mag] = (['b_gate', 'b_mag', 'r_mag'] as const).map((name) => take(file, name, [d_sae]));
    return plain({ kind: 'gated', b_gate: b_gate!, b_mag: b_mag!, r_mag: r_mag! });
  }
  if (!architecture.startsWith('jumprelu')) return plain({ kind: 'relu' });
  const log = file.tensors.has('log_threshold') && !file.tensors.has('threshold');
  if (!log) return plain({ kind: 'jumprelu', threshold: take(file, 'threshold', [d_sae]) });
  const threshold = readVector(file, 'log_threshold', [d_sae]).map(Math.exp);
  return plain({ kind: 'jumprelu', threshold: vectorSource(threshold) }, 'threshold is exp(log_threshold)');
}

/** A training checkpoint of (Matryoshka) BatchTopK: one threshold, met by h·‖W_dec row‖ where it was trained rescaled. */
function batchTopK(file: WeightFile, config: SaeLensConfig, norms: Float32Array): ReadActivation {
  const { d_sae, rescale_acts_by_decoder_norm: rescale } = config;
  const scalar = readVector(file, 'topk_threshold', [])[0]!;
  if (!(scalar >= 0)) {
    unsupported(
      file.path,
      `topk_threshold ${scalar}, which was never set and lets every positive feature fire`,
      'a threshold ≥ 0',
    );
  }
  const threshold = Float32Array.from({ length: d_sae }, (_, i) => (rescale ? scalar / norms[i]! : scalar));
  const note = `training checkpoint: features are those above its average threshold ${scalar}`;
  return { activation: { kind: 'jumprelu', threshold: vectorSource(threshold) }, alwaysFolded: rescale, note };
}

function normalizationOf(config: SaeLensConfig, path: string): InputNormalization {
  const kind = config.normalize_activations;
  if (kind !== 'expected_average_only_in') return { kind };
  return unsupported(
    path,
    'normalize_activations = expected_average_only_in, whose scale is not in the file,',
    'a dictionary with the scale folded into its weights (sae.fold_activation_norm_scaling_factor)',
  );
}

/** Old checkpoints carry a `scaling_factor` that does nothing while it is 1. */
function checkScaling(file: WeightFile, config: SaeLensConfig): void {
  if (!file.tensors.has('scaling_factor')) return;
  const factors = readVector(file, 'scaling_factor', [config.d_sae]);
  if (factors.every((factor) => Math.abs(factor - 1) < 1e-5)) return;
  unsupported(file.path, 'a fine-tuned scaling_factor', 'no scaling_factor, or one of ones');
}

function hookOf(config: SaeLensConfig, options: OpenDictionaryOptions, path: string): string {
  if (config.hook_name !== null) return config.hook_name;
  if (options.hook_in !== undefined) return options.hook_in;
  throw new SondeError('unsupported-format', `${path} names no hook. Name it explicitly.`, {
    path,
    expected: 'hook_name',
  });
}

function noOutputHook(path: string): never {
  throw new SondeError('unsupported-format', `${path} names no output hook of the transcoder. Name it explicitly.`, {
    path,
    expected: 'metadata.hook_name_out',
  });
}

interface Centering {
  readonly center: boolean;
  readonly guessed: boolean;
  readonly note: string | null;
}

/** Releases that SAELens' registry marks center_writing_weights: gpt2-small-res-jb, -mlp-tm, -res-jb-feature-splitting. */
const CENTERED_RELEASES = /(^|\/)\d+-(res-jb|mlp-tm|res_fs\d+-jb)$/;
const CENTERED_REPOS = /GPT2-Small-SAEs-Reformatted|gpt2-small-(mlp-tm|res-jb)|GPT2-Small-Feature-Splitting/i;

/**
 * SAEs trained on TransformerLens' processed LayerNorm models saw a residual stream without its mean over d_model.
 * Known from their kwargs, their release, or guessed from versions 1 and 2, which knew no other way to load GPT-2.
 */
function centering(config: SaeLensConfig, folder: string, hook: string): Centering {
  const residual = /hook_(resid_|mlp_out|attn_out)/.test(hook);
  const plain: Centering = { center: false, guessed: false, note: null };
  if (!residual) return plain;
  const { center_writing_weights } = config.model_from_pretrained_kwargs;
  const because = (reason: string, guessed: boolean): Centering => ({
    center: true,
    guessed,
    note: `input is mean-centred over d_model: ${reason}`,
  });
  if (center_writing_weights === true) return because('metadata says center_writing_weights', false);
  if (center_writing_weights === false) return plain;
  if (CENTERED_RELEASES.test(config.neuronpedia_id ?? '')) return because(`release ${config.neuronpedia_id}`, false);
  const repo = [folder, dirname(folder), dirname(dirname(folder)), dirname(dirname(dirname(folder)))].join('\n');
  if (CENTERED_REPOS.test(repo)) return because('release of gpt2-small SAEs trained on centred models', false);
  if (config.generation === 'v1-v2' && /^gpt2/.test(config.model_name ?? '')) {
    return because('SAELens 1 and 2 trained GPT-2 SAEs on centred models', true);
  }
  return plain;
}
