/**
 * EleutherAI sparsify: `cfg.json` of one dictionary, and the run's `config.json` in the folder above.
 * Source: EleutherAI/sparsify `sparsify/config.py` (SparseCoderConfig, TrainConfig).
 */
import { z } from 'zod';
import { corrupt } from './corrupt.ts';
import { parseJsonShape } from './json.ts';

export interface SparsifyConfig {
  readonly d_in: number;
  readonly d_sae: number;
  readonly activation: 'topk' | 'groupmax';
  readonly k: number;
  readonly normalize_decoder: boolean;
  /** Old files: top-k by magnitude, signs kept. */
  readonly signed: boolean;
  readonly skip_connection: boolean;
  /** A transcoder: b_dec is not subtracted from the input. */
  readonly transcode: boolean;
}

export interface SparsifyRunConfig {
  readonly model: string | null;
  readonly dataset: string | null;
  readonly ctx_len: number | null;
}

const size = z.int().positive();
const schema = z.looseObject({
  d_in: size,
  activation: z.enum(['topk', 'groupmax']).nullish(),
  expansion_factor: size.nullish(),
  num_latents: z.int().nonnegative().nullish(),
  k: size,
  normalize_decoder: z.boolean().nullish(),
  signed: z.boolean().nullish(),
  skip_connection: z.boolean().nullish(),
  transcode: z.boolean().nullish(),
});
const runSchema = z.looseObject({
  model: z.string().nullish(),
  dataset: z.string().nullish(),
  ctx_len: size.nullish(),
});

/** Reads a `cfg.json`; `num_latents` 0 or absent means d_in · expansion_factor. @throws corrupt-file for a wrong shape. */
export function parseSparsifyConfig(text: string, path: string): SparsifyConfig {
  const raw = parseJsonShape(schema, text, path);
  const d_sae = raw.num_latents || raw.d_in * (raw.expansion_factor ?? 0);
  if (d_sae === 0) corrupt(path, 'fields "num_latents" and "expansion_factor"', 'neither', 'one of them above 0');
  return {
    d_in: raw.d_in,
    d_sae,
    activation: raw.activation ?? 'topk',
    k: raw.k,
    normalize_decoder: raw.normalize_decoder ?? true,
    signed: raw.signed ?? false,
    skip_connection: raw.skip_connection ?? false,
    transcode: raw.transcode ?? false,
  };
}

/** Reads the run's `config.json`. @throws corrupt-file for a wrong shape. */
export function parseSparsifyRunConfig(text: string, path: string): SparsifyRunConfig {
  const raw = parseJsonShape(runSchema, text, path);
  return { model: raw.model ?? null, dataset: raw.dataset ?? null, ctx_len: raw.ctx_len ?? null };
}
