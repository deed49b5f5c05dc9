/**
 * EleutherAI sparsify: `<run>/<module path>/{cfg.json, sae.safetensors}`, the run's `config.json` beside the folders.
 * Source: EleutherAI/sparsify `sparsify/sparse_coder.py`. Follows sparsify's own code, not SAELens' conversion.
 */
import { basename, dirname, join } from 'node:path';
import type { Pieces } from '../../core/turn.ts';
import { fileSize, readText } from '../../files/file-reader.ts';
import { parseSparsifyConfig, parseSparsifyRunConfig, type SparsifyConfig } from '../../formats/sparsify-config.ts';
import type { Dictionary, DictionaryActivation } from '../dictionary.ts';
import { measured, NO_CONVENTION, type OpenDictionaryOptions, unsupported } from './assemble.ts';
import { transposed } from './matrices.ts';
import { moduleHooks, shortName } from './names.ts';
import { digestOf, openSafetensors, take, takeOptional, type WeightFile } from './weights.ts';

export const SPARSIFY_CONFIG = 'cfg.json';
export const SPARSIFY_WEIGHTS = 'sae.safetensors';

/** Opens one module's folder. @throws unsupported-format for signed top-k; unknown-hook for a module without one. */
export function* openSparsify(folder: string, options: OpenDictionaryOptions): Pieces<Dictionary> {
  const configPath = join(folder, SPARSIFY_CONFIG);
  const text = readText(configPath);
  const config = parseSparsifyConfig(text, configPath);
  const file = openSafetensors(join(folder, SPARSIFY_WEIGHTS));
  const { d_in, d_sae, transcode } = config;
  const runPath = join(dirname(folder), 'config.json');
  const run = fileSize(runPath) === null ? null : parseSparsifyRunConfig(readText(runPath), runPath);
  const { hook_in, hook_out, note } =
    options.hook_in === undefined
      ? moduleHooks(basename(folder), transcode, folder)
      : { hook_in: options.hook_in, hook_out: options.hook_out ?? options.hook_in, note: null };
  return yield* measured(
    {
      name: shortName(folder, 1),
      path: folder,
      format: 'sparsify',
      architecture: config.activation,
      d_in,
      d_sae,
      d_out: d_in,
      hook_in,
      hook_out,
      head_index: null,
      center_input: false,
      normalization: { kind: 'none' },
      apply_b_dec_to_input: !transcode,
      activation: activationOf(config, configPath),
      W_enc: { source: take(file, 'encoder.weight', [d_sae, d_in]), layout: 'sae_in' },
      b_enc: take(file, 'encoder.bias', [d_sae]),
      W_dec: yield* decoder(file, config),
      b_dec: take(file, 'b_dec', [d_in]),
      W_skip: config.skip_connection ? take(file, 'W_skip', [d_in, d_in]) : null,
      convention: {
        ...NO_CONVENTION,
        context_size: run?.ctx_len ?? null,
        model_name: run?.model ?? null,
        declared_l0: config.k,
      },
      notes: note === null ? [] : [note],
      digest: digestOf(text, file),
    },
    options,
  );
}

function activationOf({ activation, k, d_sae, signed }: SparsifyConfig, path: string): DictionaryActivation {
  if (signed) unsupported(path, 'signed top-k (by magnitude)', 'top-k of positive activations');
  if (k > d_sae) unsupported(path, `k = ${k} of ${d_sae} features`, `k up to ${d_sae}`);
  if (activation === 'topk') return { kind: 'topk', k, order: 'relu-topk', rescaleByDecoderNorm: false };
  if (d_sae % k !== 0) unsupported(path, `groupmax of ${k} groups over ${d_sae} features`, 'a divisor of their number');
  return { kind: 'groupmax', k };
}

/** [d_sae, d_in] as stored; very old files hold torch's decoder.weight [d_in, d_sae]. */
function* decoder(file: WeightFile, { d_in, d_sae }: SparsifyConfig): Pieces<Dictionary['W_dec']> {
  const old = takeOptional(file, 'decoder.weight', [d_in, d_sae]);
  return old && !file.tensors.has('W_dec') ? yield* transposed(old) : take(file, 'W_dec', [d_sae, d_in]);
}
