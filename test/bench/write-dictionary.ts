/** Dictionaries of the published GPT-2 SAEs' shape (24,576 features, unit decoder rows) in SAELens' layout. */
import { closeSync, mkdirSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomFill } from './random-weights.js';
import { SHAPE } from './write-model.js';
import { type StoredDtype, writeSafetensors } from './write-safetensors.js';

export const D_SAE = 24_576;

/** Writes cfg.json and sae_weights.safetensors of the SAE at one layer's hook_resid_pre; `bias` fills b_enc. */
export function writeDictionary(folder: string, layer: number, bias: number, dtype: StoredDtype): void {
  mkdirSync(folder, { recursive: true });
  const { d_model } = SHAPE;
  const config = {
    sae_lens_version: '5.0.0',
    architecture: 'standard',
    activation_fn: 'relu',
    d_in: d_model,
    d_sae: D_SAE,
    dtype: dtype === 'F32' ? 'float32' : 'float16',
    hook_name: `blocks.${layer}.hook_resid_pre`,
    hook_layer: layer,
    hook_head_index: null,
    prepend_bos: false,
    context_size: SHAPE.n_ctx,
    model_name: 'gpt2-small',
    normalize_activations: 'none',
    apply_b_dec_to_input: true,
    finetuning_scaling_factor: false,
  };
  writeFileSync(join(folder, 'cfg.json'), JSON.stringify(config));
  const fill = randomFill(1000 + layer);
  const random = (length: number, deviation: number): Float32Array => {
    const data = new Float32Array(length);
    fill(data, deviation);
    return data;
  };
  writeSafetensors(
    join(folder, WEIGHTS),
    [
      { name: 'b_enc', shape: [D_SAE], values: () => new Float32Array(D_SAE).fill(bias) },
      { name: 'b_dec', shape: [d_model], values: () => random(d_model, 0.002) },
      { name: 'W_enc', shape: [d_model, D_SAE], values: () => random(d_model * D_SAE, 1 / Math.sqrt(d_model)) },
      { name: 'W_dec', shape: [D_SAE, d_model], values: () => unitRows(random(D_SAE * d_model, 1), d_model) },
    ],
    dtype,
  );
}

/** Overwrites b_enc, the first tensor of a file in float32. */
export function setBias(folder: string, bias: number): void {
  const file = openSync(join(folder, WEIGHTS), 'r+');
  try {
    const length = Buffer.alloc(8);
    readSync(file, length, 0, 8, 0);
    const values = new Float32Array(D_SAE).fill(bias);
    writeSync(file, new Uint8Array(values.buffer), 0, values.byteLength, 8 + Number(length.readBigUInt64LE()));
  } finally {
    closeSync(file);
  }
}

const WEIGHTS = 'sae_weights.safetensors';

function unitRows(data: Float32Array, width: number): Float32Array {
  for (let start = 0; start < data.length; start += width) {
    const row = data.subarray(start, start + width);
    let sum = 0;
    for (let i = 0; i < width; i++) sum += row[i]! ** 2;
    const factor = 1 / Math.sqrt(sum);
    for (let i = 0; i < width; i++) row[i]! *= factor;
  }
  return data;
}
