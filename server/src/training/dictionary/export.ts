/**
 * Writes a trained dictionary in SAELens' layout (v6): cfg.json and sae_weights.safetensors in F16. The normalisation is
 * folded so that decoder rows stay unit: f/s = activation(…)/s, so biases and threshold are divided by the scale s.
 */
import { join } from 'node:path';
import { numberToHalf } from '../../core/dtype.ts';
import { fault } from '../../core/errors.ts';
import type { Tensor } from '../../core/tensor.ts';
import { SAELENS_CONFIG, SAELENS_WEIGHTS } from '../../dictionary/loaders/saelens.ts';
import { writeAtomically } from '../../files/file-writer.ts';
import { writeSafetensors } from '../../formats/safetensors.ts';
import type { DictionaryTraining } from './config.ts';

/** What cfg.json says beside the config. */
export interface DictionaryOrigin {
  readonly model_name: string;
  readonly dataset_path: string;
}

/** Writes the folder. */
export function exportDictionary(
  folder: string,
  config: DictionaryTraining,
  d_in: number,
  origin: DictionaryOrigin,
  state: ReadonlyMap<string, Tensor<'float32'>>,
): void {
  const get = (name: string): Tensor<'float32'> => state.get(name) ?? fault(`the state has no ${name}`);
  const scale = get('scale').data[0]!;
  const divided = ['b_enc', 'b_dec', ...(config.architecture === 'jumprelu' ? ['threshold'] : [])];
  const tensors = ['W_enc', 'W_dec', ...divided].map((name) => {
    const { shape, data } = get(name);
    const factor = divided.includes(name) ? 1 / scale : 1;
    return [
      name,
      { dtype: 'float16', shape, data: Uint16Array.from(data, (value) => numberToHalf(value * factor)) },
    ] as const;
  });
  const cfg = {
    architecture: config.architecture,
    d_in,
    d_sae: config.d_sae,
    ...(config.architecture === 'topk' ? { k: config.k, rescale_acts_by_decoder_norm: false } : {}),
    dtype: 'float32',
    device: 'cpu',
    apply_b_dec_to_input: true,
    normalize_activations: 'none',
    reshape_activations: /attn\.hook_z$/.test(config.hook) ? 'hook_z' : 'none',
    metadata: {
      sae_lens_version: '6.0.0',
      model_name: origin.model_name,
      hook_name: config.hook,
      hook_head_index: null,
      context_size: config.context_size,
      prepend_bos: config.prepend_bos,
      exclude_special_tokens: true,
      dataset_path: origin.dataset_path,
      model_from_pretrained_kwargs: {},
    },
  };
  writeAtomically(join(folder, SAELENS_WEIGHTS), writeSafetensors(tensors));
  writeAtomically(join(folder, SAELENS_CONFIG), `${JSON.stringify(cfg, null, 2)}\n`);
}
