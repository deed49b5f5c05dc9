/**
 * Llama Scope and other OpenMOSS dictionaries: `hyperparams.json` with `checkpoints/final.safetensors`, or `config.json`
 * with `sae_weights.safetensors`; tensors encoder.* and decoder.*.
 *
 * What the scalar threshold meets is contested (OpenMOSS/Llamascopium issue 128): the pre-activation of the normalised
 * input (the released code), that with the threshold scaled too (SAELens), or h·‖W_dec row‖ (later code with
 * sparsity_include_decoder_norm). All have the same shapes, so each is offered and the fit check decides.
 * Source: OpenMOSS/Language-Model-SAEs of November 2024; SAELens 6.54 `llama_scope_sae_huggingface_loader`.
 */
import { join } from 'node:path';
import type { Pieces } from '../../core/turn.ts';
import { fileSize, readText } from '../../files/file-reader.ts';
import { type LlamaScopeConfig, parseLlamaScopeConfig } from '../../formats/llama-scope-config.ts';
import type { Dictionary, DictionaryActivation, InputNormalization } from '../dictionary.ts';
import { assemble, type DictionaryParts, type OpenDictionaryOptions, unsupported, vectorSource } from './assemble.ts';
import { rowNorms, transposed } from './matrices.ts';
import { shortName } from './names.ts';
import { digestOf, openSafetensors, readVector, take, type WeightFile } from './weights.ts';

export const LLAMA_SCOPE_CONFIG = 'hyperparams.json';

const WEIGHTS = ['checkpoints/final.safetensors', 'sae_weights.safetensors', 'checkpoints/pruned.safetensors'];

/** Opens a folder whose config is `configName`. @throws unsupported-format for kinds that this reader does not know. */
export function* openLlamaScope(
  folder: string,
  configName: string,
  options: OpenDictionaryOptions,
): Pieces<Dictionary> {
  const configPath = join(folder, configName);
  const text = readText(configPath);
  const config = parseLlamaScopeConfig(text, configPath);
  const unknown = config.sae_type !== 'sae' || config.use_glu_encoder;
  if (unknown) unsupported(configPath, config.use_glu_encoder ? 'use_glu_encoder' : config.sae_type, 'sae_type sae');
  const weights = WEIGHTS.map((name) => join(folder, name)).find((path) => fileSize(path) !== null);
  const file = openSafetensors(weights ?? join(folder, WEIGHTS[0]!));
  const { d_model: d, d_sae } = config;
  const W_dec = yield* transposed(take(file, 'decoder.weight', [d, d_sae]));
  const norms = yield* rowNorms(W_dec);
  const { normalization, scale } = normalizationOf(file, config);
  const parts: DictionaryParts = {
    name: shortName(folder, 1),
    path: folder,
    format: 'llama-scope',
    architecture: config.act_fn,
    d_in: d,
    d_sae,
    d_out: d,
    hook_in: config.hook_point_in,
    hook_out: config.hook_point_out,
    head_index: null,
    center_input: false,
    normalization,
    apply_b_dec_to_input: config.apply_decoder_bias_to_pre_encoder,
    activation: { kind: 'relu' },
    W_enc: { source: take(file, 'encoder.weight', [d_sae, d]), layout: 'sae_in' },
    b_enc: take(file, 'encoder.bias', [d_sae]),
    W_dec,
    b_dec: config.use_decoder_bias ? take(file, 'decoder.bias', [d]) : null,
    W_skip: null,
    convention: {
      prepend_bos: true,
      context_size: null,
      model_name: null,
      declared_l0: config.top_k,
      neuronpedia_id: null,
    },
    notes: [],
    digest: digestOf(text, file),
  };
  const readings = readingsOf(file, config, scale, norms);
  const opened = readings.map(({ label, activation }, i) =>
    assemble(
      {
        ...parts,
        name: i === 0 ? parts.name : `${parts.name} (${label})`,
        activation,
        notes: readings.length > 1 ? [`threshold read as: ${label}`] : [],
      },
      options,
      norms,
    ),
  );
  return { ...opened[0]!, alternatives: opened.slice(1) };
}

interface Reading {
  readonly label: string;
  readonly activation: DictionaryActivation;
}

function readingsOf(file: WeightFile, config: LlamaScopeConfig, scale: number, norms: Float32Array): Reading[] {
  const { d_sae, act_fn, top_k, jump_relu_threshold } = config;
  const byNorm = config.sparsity_include_decoder_norm ?? false;
  if (act_fn === 'relu') return [{ label: 'relu', activation: { kind: 'relu' } }];
  if (act_fn === 'topk') {
    if (top_k === null || top_k > d_sae) return unsupported(file.path, `top_k ${top_k}`, `1 … ${d_sae}`);
    const activation = { kind: 'topk', k: top_k, order: 'relu-topk', rescaleByDecoderNorm: byNorm } as const;
    return [{ label: 'topk', activation }];
  }
  if (act_fn !== 'jumprelu') return unsupported(file.path, `act_fn ${act_fn}`, 'relu, jumprelu or topk');
  if (file.tensors.has('log_jumprelu_threshold')) {
    const threshold = vectorSource(readVector(file, 'log_jumprelu_threshold', [d_sae]).map(Math.exp));
    return [{ label: 'stored per feature', activation: { kind: 'jumprelu', threshold } }];
  }
  if (jump_relu_threshold === null)
    return unsupported(file.path, 'jumprelu without a threshold', 'jump_relu_threshold');
  const at = (label: string, threshold: (feature: number) => number): Reading => ({
    label,
    activation: { kind: 'jumprelu', threshold: vectorSource(Float32Array.from(norms, (_, i) => threshold(i))) },
  });
  return [
    at('h > threshold', () => jump_relu_threshold),
    at('h > threshold · √d / norm_in', () => jump_relu_threshold * scale),
    at('h · ‖W_dec row‖ > threshold', (i) => jump_relu_threshold / norms[i]!),
  ];
}

function normalizationOf(
  file: WeightFile,
  config: LlamaScopeConfig,
): { readonly normalization: InputNormalization; readonly scale: number } {
  const { d_model, norm_activation } = config;
  switch (norm_activation) {
    case 'none':
    case 'inference':
      return { normalization: { kind: 'none' }, scale: 1 };
    case 'token-wise':
      return { normalization: { kind: 'constant_norm_rescale' }, scale: 1 };
    case 'batch-wise':
      return unsupported(file.path, 'norm_activation batch-wise', 'none, token-wise, dataset-wise or inference');
    case 'dataset-wise': {
      const norms = config.dataset_average_activation_norm ?? storedNorms(file, config);
      const scale = Math.sqrt(d_model) / norms.in;
      return { normalization: { kind: 'scale', in: scale, out: Math.sqrt(d_model) / norms.out }, scale };
    }
  }
}

/** Llamascopium 2 keeps the norms among the weights, one scalar per hook. */
function storedNorms(file: WeightFile, config: LlamaScopeConfig): { readonly in: number; readonly out: number } {
  const at = (hook: string): number => readVector(file, `dataset_average_activation_norm.${hook}`, [])[0]!;
  return { in: at(config.hook_point_in), out: at(config.hook_point_out) };
}
