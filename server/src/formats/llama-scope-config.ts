/**
 * Configs of OpenMOSS dictionaries: Llama Scope `hyperparams.json`, and the `config.json` of Llama-Scope-R1-Distill and
 * Llamascopium 2. Fields mean the same in all three; later ones derive `d_sae` from `expansion_factor`.
 * Source: OpenMOSS/Language-Model-SAEs `src/lm_saes/config.py` (BaseSAEConfig).
 */
import { z } from 'zod';
import { corrupt } from './corrupt.ts';
import { parseJsonShape } from './json.ts';

export interface LlamaScopeConfig {
  /** `sae` when absent; others (crosscoder, clt, lorsa, …) are for the caller to refuse. */
  readonly sae_type: string;
  readonly hook_point_in: string;
  readonly hook_point_out: string;
  readonly d_model: number;
  readonly d_sae: number;
  readonly act_fn: 'relu' | 'jumprelu' | 'topk' | 'batchtopk' | 'layertopk' | 'batchlayertopk';
  /** One threshold for all features; null when the weights hold one each. */
  readonly jump_relu_threshold: number | null;
  /** Training target of active features per token. */
  readonly top_k: number | null;
  /** `inference`: already folded into the weights. */
  readonly norm_activation: 'none' | 'token-wise' | 'batch-wise' | 'dataset-wise' | 'inference';
  /** Mean L2 norm of activations at the two hooks; null when the weights hold it. */
  readonly dataset_average_activation_norm: { readonly in: number; readonly out: number } | null;
  readonly use_decoder_bias: boolean;
  readonly apply_decoder_bias_to_pre_encoder: boolean;
  /** Whether thresholds compare h·‖W_dec row‖; null when the file does not tell. */
  readonly sparsity_include_decoder_norm: boolean | null;
  readonly use_glu_encoder: boolean;
}

const size = z.int().positive();
const schema = z.looseObject({
  sae_type: z.string().nullish(),
  hook_point_in: z.string(),
  hook_point_out: z.string().nullish(),
  d_model: size,
  d_sae: size.nullish(),
  expansion_factor: z.number().positive().nullish(),
  act_fn: z.enum(['relu', 'jumprelu', 'topk', 'batchtopk', 'layertopk', 'batchlayertopk']),
  jump_relu_threshold: z.number().nullish(),
  top_k: size.nullish(),
  norm_activation: z.enum(['none', 'token-wise', 'batch-wise', 'dataset-wise', 'inference']),
  dataset_average_activation_norm: z.looseObject({ in: z.number().positive(), out: z.number().positive() }).nullish(),
  use_decoder_bias: z.boolean().nullish(),
  apply_decoder_bias_to_pre_encoder: z.boolean().nullish(),
  sparsity_include_decoder_norm: z.boolean().nullish(),
  use_glu_encoder: z.boolean().nullish(),
});

/** Reads a `hyperparams.json` or `config.json`. @throws corrupt-file for a wrong shape. */
export function parseLlamaScopeConfig(text: string, path: string): LlamaScopeConfig {
  const raw = parseJsonShape(schema, text, path);
  const norm = raw.dataset_average_activation_norm;
  const d_sae = raw.d_sae ?? raw.d_model * (raw.expansion_factor ?? 0);
  if (!Number.isSafeInteger(d_sae) || d_sae === 0) {
    corrupt(path, 'fields "d_sae" and "expansion_factor"', d_sae, 'a whole number of features from one of them');
  }
  return {
    sae_type: raw.sae_type ?? 'sae',
    hook_point_in: raw.hook_point_in,
    hook_point_out: raw.hook_point_out ?? raw.hook_point_in,
    d_model: raw.d_model,
    d_sae,
    act_fn: raw.act_fn,
    jump_relu_threshold: raw.jump_relu_threshold ?? null,
    top_k: raw.top_k ?? null,
    norm_activation: raw.norm_activation,
    dataset_average_activation_norm: norm ? { in: norm.in, out: norm.out } : null,
    use_decoder_bias: raw.use_decoder_bias ?? true,
    apply_decoder_bias_to_pre_encoder: raw.apply_decoder_bias_to_pre_encoder ?? false,
    sparsity_include_decoder_norm: raw.sparsity_include_decoder_norm ?? null,
    use_glu_encoder: raw.use_glu_encoder ?? false,
  };
}
