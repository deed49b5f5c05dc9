/** circuit-tracer `config.yaml` of a transcoder set (safety-research/circuit-tracer, `utils/hf_utils.py`). */
import { z } from 'zod';
import { parseShape } from './json.ts';
import { parseYaml } from './yaml.ts';

export interface CircuitTracerConfig {
  readonly model_name: string;
  readonly model_kind: 'transcoder_set' | 'cross_layer_transcoder';
  /** Without the block prefix: `ln2.hook_normalized`, `hook_resid_mid`, `mlp.hook_in`. */
  readonly feature_input_hook: string;
  readonly feature_output_hook: string;
  readonly scan: readonly string[];
  readonly activation: 'relu' | 'topk' | null;
  readonly k: number | null;
  /** `hf://org/repo/path?revision=…`, one per layer; null means files `layer_{i}.safetensors`. */
  readonly transcoders: readonly string[] | null;
}

const schema = z.looseObject({
  model_name: z.string(),
  model_kind: z.enum(['transcoder_set', 'cross_layer_transcoder']),
  feature_input_hook: z.string(),
  feature_output_hook: z.string(),
  scan: z.union([z.string(), z.array(z.string())], 'a name or a list of names').nullish(),
  activation: z.enum(['relu', 'topk']).nullish(),
  k: z.int().positive().nullish(),
  transcoders: z.array(z.string()).nullish(),
});

/** Reads a `config.yaml`. @throws corrupt-file for broken YAML or a wrong shape; too-large above MAX_YAML_BYTES. */
export function parseCircuitTracerConfig(text: string, path: string): CircuitTracerConfig {
  const raw = parseShape(schema, parseYaml(text, path), path);
  return {
    model_name: raw.model_name,
    model_kind: raw.model_kind,
    feature_input_hook: raw.feature_input_hook,
    feature_output_hook: raw.feature_output_hook,
    scan: typeof raw.scan === 'string' ? [raw.scan] : (raw.scan ?? []),
    activation: raw.activation ?? null,
    k: raw.k ?? null,
    transcoders: raw.transcoders ?? null,
  };
}
