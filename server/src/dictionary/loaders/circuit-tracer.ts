/**
 * circuit-tracer per-layer transcoders: `config.yaml` and `layer_{i}.safetensors`.
 * Source: safety-research/circuit-tracer `transcoder/single_layer_transcoder.py`. No b_dec on the input; its TopK has no
 * ReLU. Deliberately absent: cross-layer transcoders, whose features write to many layers, and `hf://` downloads.
 */
import { basename, dirname, join } from 'node:path';
import { SondeError } from '../../core/errors.ts';
import { hookAt } from '../../core/hook-name.ts';
import type { Pieces } from '../../core/turn.ts';
import { fileSize, readText } from '../../files/file-reader.ts';
import { type CircuitTracerConfig, parseCircuitTracerConfig } from '../../formats/circuit-tracer-config.ts';
import type { Dictionary, DictionaryActivation } from '../dictionary.ts';
import { measured, NO_CONVENTION, type OpenDictionaryOptions, unsupported } from './assemble.ts';
import { shortName } from './names.ts';
import { digestOf, matrixShape, openSafetensors, take, takeOptional, type WeightFile } from './weights.ts';

export const CIRCUIT_TRACER_CONFIG = 'config.yaml';

const LAYER_FILE = /^layer_(\d+)\.safetensors$/;

/** Whether a file name is that of one layer's transcoder. */
export function isLayerFile(name: string): boolean {
  return LAYER_FILE.test(name);
}

/**
 * Opens every layer of a set, or the one that `options.layer` names, in layer order; `files` are the folder's names.
 * @throws unsupported-format for cross-layer sets and sets that are stored elsewhere; file-not-found for an absent layer.
 */
export function* openCircuitTracer(
  folder: string,
  files: readonly string[],
  options: OpenDictionaryOptions,
): Pieces<Dictionary[]> {
  const configPath = join(folder, CIRCUIT_TRACER_CONFIG);
  const text = readText(configPath);
  const config = parseCircuitTracerConfig(text, configPath);
  if (config.model_kind === 'cross_layer_transcoder') {
    unsupported(configPath, 'a cross-layer transcoder', 'model_kind: transcoder_set');
  }
  const layers = files.flatMap((name) => LAYER_FILE.exec(name)?.[1] ?? []).map(Number);
  layers.sort((a, b) => a - b);
  const chosen = options.layer === undefined ? layers : layers.filter((layer) => layer === options.layer);
  if (chosen.length === 0) return noLayer(folder, config, layers, options.layer);
  const opened: Dictionary[] = [];
  for (const layer of chosen) {
    opened.push(yield* openLayer(join(folder, `layer_${layer}.safetensors`), config, text, options));
  }
  return opened;
}

/** Opens one layer's file; its config lies beside it. @throws file-not-found without the config. */
export function* openLayerFile(path: string, options: OpenDictionaryOptions): Pieces<Dictionary> {
  const configPath = join(dirname(path), CIRCUIT_TRACER_CONFIG);
  if (fileSize(configPath) === null) {
    throw new SondeError(
      'file-not-found',
      `${path}: a transcoder's hooks are in ${CIRCUIT_TRACER_CONFIG} beside it, which is missing. Fetch it too.`,
      { path, expected: configPath },
    );
  }
  const text = readText(configPath);
  return yield* openLayer(path, parseCircuitTracerConfig(text, configPath), text, options);
}

function* openLayer(
  path: string,
  config: CircuitTracerConfig,
  text: string,
  options: OpenDictionaryOptions,
): Pieces<Dictionary> {
  const file = openSafetensors(path);
  const layer = Number(LAYER_FILE.exec(basename(path))![1]);
  const [d_sae, d_in] = matrixShape(file, 'W_enc');
  const d_out = matrixShape(file, 'W_dec')[1];
  const name = options.name === undefined ? {} : { name: `${options.name}/layer_${layer}` };
  return yield* measured(
    {
      name: `${shortName(dirname(path), 1)}/layer_${layer}`,
      path,
      format: 'circuit-tracer',
      architecture: config.activation ?? (file.tensors.has(THRESHOLD) ? 'jumprelu' : 'relu'),
      d_in,
      d_sae,
      d_out,
      hook_in: hookAt(layer, config.feature_input_hook),
      hook_out: hookAt(layer, config.feature_output_hook),
      head_index: null,
      center_input: false,
      normalization: { kind: 'none' },
      apply_b_dec_to_input: false,
      activation: activationOf(file, config, d_sae),
      W_enc: { source: take(file, 'W_enc', [d_sae, d_in]), layout: 'sae_in' },
      b_enc: take(file, 'b_enc', [d_sae]),
      W_dec: take(file, 'W_dec', [d_sae, d_out]),
      b_dec: take(file, 'b_dec', [d_out]),
      W_skip: takeOptional(file, 'W_skip', [d_out, d_in]),
      convention: { ...NO_CONVENTION, model_name: config.model_name, declared_l0: config.k },
      notes: [],
      digest: digestOf(text, file),
    },
    { ...options, ...name },
  );
}

const THRESHOLD = 'activation_function.threshold';

function activationOf(file: WeightFile, config: CircuitTracerConfig, d_sae: number): DictionaryActivation {
  if (file.tensors.has(THRESHOLD)) return { kind: 'jumprelu', threshold: take(file, THRESHOLD, [d_sae]) };
  if (config.activation !== 'topk') return { kind: 'relu' };
  if (config.k === null) return unsupported(file.path, 'activation topk without k', 'k in config.yaml');
  return { kind: 'topk', k: Math.min(config.k, d_sae), order: 'topk', rescaleByDecoderNorm: false };
}

function noLayer(folder: string, config: CircuitTracerConfig, found: readonly number[], wanted?: number): never {
  const elsewhere = config.transcoders === null ? '' : ` Its config lists ${config.transcoders[0]}: fetch those files.`;
  const expected = wanted === undefined ? 'layer_{i}.safetensors' : `layer_${wanted}.safetensors`;
  throw new SondeError(
    'file-not-found',
    `${folder} has no ${expected}; layers there: ${found.join(', ') || 'none'}.${elsewhere}`,
    { path: folder, found, expected },
  );
}
