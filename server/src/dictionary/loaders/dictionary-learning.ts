/**
 * dictionary_learning folders: `config.json` and `ae.pt`, a pickled state dict that is read without executing anything.
 * Source: saprmarks/dictionary_learning `dictionary.py`, `trainers/top_k.py`, `trainers/batch_top_k.py`,
 * `trainers/matryoshka_batch_top_k.py`. Layer i means the output of block i (its README).
 */
import { join } from 'node:path';
import { hookAt } from '../../core/hook-name.ts';
import type { TensorSource } from '../../core/tensor.ts';
import type { Pieces } from '../../core/turn.ts';
import { readText } from '../../files/file-reader.ts';
import {
  type DictionaryLearningConfig,
  parseDictionaryLearningConfig,
} from '../../formats/dictionary-learning-config.ts';
import type { Dictionary, DictionaryActivation } from '../dictionary.ts';
import { measured, NO_CONVENTION, type OpenDictionaryOptions, unsupported, vectorSource } from './assemble.ts';
import { transposed } from './matrices.ts';
import { shortName } from './names.ts';
import { digestOf, openTorch, readVector, take, type WeightFile } from './weights.ts';

export const DICTIONARY_LEARNING_CONFIG = 'config.json';
export const DICTIONARY_LEARNING_WEIGHTS = 'ae.pt';

/** Which tensors a class keeps, and what it does with them. */
interface DictClass {
  /** `linear`: torch Linears encoder and decoder, [s, d] and [d, s]. `matrix`: W_enc [d, s], W_dec [s, d]. */
  readonly form: 'linear' | 'matrix';
  /** Name of the decoder's bias. */
  readonly b_dec: string;
  /** The bias is subtracted from the input. */
  readonly pre: boolean;
  readonly activation: 'relu' | 'gated' | 'topk' | 'scalar-threshold' | 'threshold';
}

const CLASSES: Readonly<Record<string, DictClass>> = {
  AutoEncoder: { form: 'linear', b_dec: 'bias', pre: true, activation: 'relu' },
  AutoEncoderNew: { form: 'linear', b_dec: 'decoder.bias', pre: false, activation: 'relu' },
  GatedAutoEncoder: { form: 'linear', b_dec: 'decoder_bias', pre: true, activation: 'gated' },
  AutoEncoderTopK: { form: 'linear', b_dec: 'b_dec', pre: true, activation: 'topk' },
  BatchTopKSAE: { form: 'linear', b_dec: 'b_dec', pre: true, activation: 'scalar-threshold' },
  MatryoshkaBatchTopKSAE: { form: 'matrix', b_dec: 'b_dec', pre: true, activation: 'scalar-threshold' },
  JumpReluAutoEncoder: { form: 'matrix', b_dec: 'b_dec', pre: false, activation: 'threshold' },
};

/** Opens a folder. @throws unsupported-format for unknown classes and unset thresholds; unsafe-file for a hostile pickle. */
export function* openDictionaryLearning(folder: string, options: OpenDictionaryOptions): Pieces<Dictionary> {
  const configPath = join(folder, DICTIONARY_LEARNING_CONFIG);
  const text = readText(configPath);
  const config = parseDictionaryLearningConfig(text, configPath);
  const { dict_class, activation_dim: d_in, dict_size: d_sae } = config;
  const known = Object.hasOwn(CLASSES, dict_class) ? CLASSES[dict_class]! : null;
  if (known === null) return unsupported(configPath, `dict_class ${dict_class}`, Object.keys(CLASSES).join(', '));
  const file = openTorch(join(folder, DICTIONARY_LEARNING_WEIGHTS));
  const linear = known.form === 'linear';
  const hook = hookOf(config, options, configPath);
  return yield* measured(
    {
      name: shortName(folder, 1),
      path: folder,
      format: 'dictionary-learning',
      architecture: dict_class,
      d_in,
      d_sae,
      d_out: d_in,
      hook_in: hook,
      hook_out: options.hook_out ?? hook,
      head_index: null,
      center_input: false,
      normalization: { kind: 'none' },
      apply_b_dec_to_input: known.pre,
      activation: activationOf(file, config, known),
      W_enc: linear
        ? { source: take(file, 'encoder.weight', [d_sae, d_in]), layout: 'sae_in' }
        : { source: take(file, 'W_enc', [d_in, d_sae]), layout: 'in_sae' },
      b_enc: known.activation === 'gated' ? null : take(file, linear ? 'encoder.bias' : 'b_enc', [d_sae]),
      W_dec: yield* decoder(file, linear, d_in, d_sae),
      b_dec: take(file, known.b_dec, [d_in]),
      W_skip: null,
      convention: {
        ...NO_CONVENTION,
        context_size: config.ctx_len,
        model_name: config.lm_name,
        declared_l0: config.k,
      },
      notes: [],
      digest: digestOf(text, file),
    },
    options,
  );
}

function* decoder(file: WeightFile, linear: boolean, d_in: number, d_sae: number): Pieces<TensorSource> {
  return linear ? yield* transposed(take(file, 'decoder.weight', [d_in, d_sae])) : take(file, 'W_dec', [d_sae, d_in]);
}

function activationOf(file: WeightFile, config: DictionaryLearningConfig, known: DictClass): DictionaryActivation {
  const d_sae = config.dict_size;
  const vector = (name: string): TensorSource => take(file, name, [d_sae]);
  switch (known.activation) {
    case 'relu':
      return { kind: 'relu' };
    case 'gated':
      return { kind: 'gated', b_gate: vector('gate_bias'), b_mag: vector('mag_bias'), r_mag: vector('r_mag') };
    case 'threshold':
      return { kind: 'jumprelu', threshold: vector('threshold') };
    case 'topk': {
      const k = config.k ?? scalar(file, 'k');
      if (!(Number.isInteger(k) && k > 0 && k <= d_sae)) unsupported(file.path, `k = ${k}`, `1 … ${d_sae}`);
      return { kind: 'topk', k, order: 'relu-topk', rescaleByDecoderNorm: false };
    }
    case 'scalar-threshold': {
      const threshold = scalar(file, 'threshold');
      if (!(threshold >= 0)) {
        unsupported(
          file.path,
          `threshold ${threshold}, which was never set and lets every positive feature fire,`,
          'a threshold ≥ 0, which training sets after its threshold_start_step',
        );
      }
      return { kind: 'jumprelu', threshold: vectorSource(new Float32Array(d_sae).fill(threshold)) };
    }
  }
}

function scalar(file: WeightFile, name: string): number {
  const value = file.values.get(name);
  return typeof value === 'number' ? value : readVector(file, name, [])[0]!;
}

/** `resid_post_layer_3`, `mlp_layer_3`, `attn_layer_3`, or only the layer, which means the block's output. */
function hookOf(config: DictionaryLearningConfig, options: OpenDictionaryOptions, path: string): string {
  if (options.hook_in !== undefined) return options.hook_in;
  const { submodule_name, layer } = config;
  const [, site, number] = /^(resid_post|resid|mlp|attn)_layer_?(\d+)$/.exec(submodule_name ?? '') ?? [];
  const at = number === undefined ? layer : Number(number);
  const known = submodule_name === null || site !== undefined;
  if (!known || at === null) {
    return unsupported(
      path,
      `submodule_name ${submodule_name}, layer ${layer}`,
      'resid_post_layer_N, mlp_layer_N or attn_layer_N',
    );
  }
  const suffix = { mlp: 'mlp.hook_out', attn: 'hook_attn_out' }[site ?? ''] ?? 'hook_resid_post';
  return hookAt(at, suffix);
}
