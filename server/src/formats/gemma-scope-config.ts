/** Gemma Scope 2 `config.json`; Gemma Scope 1 has no config, its names tell everything (google/gemma-scope-2-*). */
import { z } from 'zod';
import { parseJsonShape } from './json.ts';

export interface GemmaScopeConfig {
  readonly architecture: 'jump_relu';
  readonly model_name: string;
  /** Hugging Face module paths, as `model.layers.10.output`. */
  readonly hf_hook_point_in: string;
  readonly hf_hook_point_out: string | null;
  /** Features. */
  readonly width: number | null;
  /** Mean active features per token. */
  readonly l0: number | null;
  /** Whether a linear skip from input to output is added. */
  readonly affine_connection: boolean;
  /** As declared, for example `sae`. */
  readonly type: string | null;
}

const schema = z.looseObject({
  architecture: z.literal('jump_relu'),
  model_name: z.string(),
  hf_hook_point_in: z.string(),
  hf_hook_point_out: z.string().nullish(),
  width: z.int().positive().nullish(),
  l0: z.number().nonnegative().nullish(),
  affine_connection: z.boolean().nullish(),
  type: z.string().nullish(),
});

/** Reads a Gemma Scope 2 `config.json`. @throws corrupt-file for a wrong shape or another architecture. */
export function parseGemmaScopeConfig(text: string, path: string): GemmaScopeConfig {
  const raw = parseJsonShape(schema, text, path);
  return {
    architecture: raw.architecture,
    model_name: raw.model_name,
    hf_hook_point_in: raw.hf_hook_point_in,
    hf_hook_point_out: raw.hf_hook_point_out ?? null,
    width: raw.width ?? null,
    l0: raw.l0 ?? null,
    affine_connection: raw.affine_connection ?? false,
    type: raw.type ?? null,
  };
}
