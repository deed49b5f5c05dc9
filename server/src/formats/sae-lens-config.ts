/**
 * SAELens `cfg.json` of every version, normalised to one structure. Versions differ in names and in what an absent
 * field means; both are settled here and nowhere else.
 * Source: SAELens 6.54 `sae_lens/loading/pretrained_sae_loaders.py` (handle_pre_6_0_config), `sae_lens/saes/*.py`.
 */
import { z } from 'zod';
import type { DType } from '../core/dtype.ts';
import { corrupt, refuse } from './corrupt.ts';
import { parseJsonShape, parseShape } from './json.ts';

/** Architectures whose forward pass is known here. */
export const SAE_LENS_ARCHITECTURES = [
  'standard',
  'gated',
  'jumprelu',
  'topk',
  'batchtopk',
  'matryoshka_batchtopk',
  'transcoder',
  'jumprelu_transcoder',
  'skip_transcoder',
  'jumprelu_skip_transcoder',
] as const;
export type SaeLensArchitecture = (typeof SAE_LENS_ARCHITECTURES)[number];

/** What is done to activations before encoding, and undone after decoding except `expected_average_only_in`. */
export const SAE_LENS_NORMALIZATIONS = [
  'none',
  'expected_average_only_in',
  'constant_norm_rescale',
  'layer_norm',
] as const;
export type SaeLensNormalization = (typeof SAE_LENS_NORMALIZATIONS)[number];

export interface SaeLensConfig {
  /** `sae_lens_version` as declared. */
  readonly version: string | null;
  /** Which naming the file follows: v1–v2 and v3–v5 are flat, v6 keeps everything about the model in `metadata`. */
  readonly generation: 'v1-v2' | 'v3-v5' | 'v6';
  readonly architecture: SaeLensArchitecture;
  readonly d_in: number;
  readonly d_sae: number;
  /** Equals `d_in` except for transcoders. */
  readonly d_out: number;
  /** TransformerLens name; null when the file does not tell. */
  readonly hook_name: string | null;
  /** Where a transcoder's output belongs. */
  readonly hook_name_out: string | null;
  readonly hook_head_index: number | null;
  readonly apply_b_dec_to_input: boolean;
  readonly normalize_activations: SaeLensNormalization;
  /** `relu` for every architecture that is not one of top-k; jumprelu and gated add their gate to it. */
  readonly activation: { readonly fn: 'relu' | 'topk' | 'batchtopk'; readonly k: number | null };
  readonly rescale_acts_by_decoder_norm: boolean;
  /** The dictionary sees the heads of hook_z flattened to [heads · d_head]. */
  readonly reshape_hook_z: boolean;
  /** Old files: tensors hold a `scaling_factor` that is to be applied. */
  readonly finetuning_scaling_factor: boolean;
  readonly dtype: DType;
  /** Null when the file does not tell. */
  readonly prepend_bos: boolean | null;
  readonly context_size: number | null;
  readonly model_name: string | null;
  readonly dataset_path: string | null;
  readonly neuronpedia_id: string | null;
  readonly model_from_pretrained_kwargs: Readonly<Record<string, unknown>>;
  /** Mean active features per token, where the file declares it. */
  readonly l0: number | null;
}

const size = z.int().positive();
const optional = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value): T | null => value ?? null);
const aboutModel = {
  hook_name: optional(z.string()),
  hook_name_out: optional(z.string()),
  hook_head_index: optional(z.int().nonnegative()),
  prepend_bos: optional(z.boolean()),
  context_size: optional(size),
  model_name: optional(z.string()),
  dataset_path: optional(z.string()),
  neuronpedia_id: optional(z.string()),
  model_from_pretrained_kwargs: optional(z.record(z.string(), z.unknown())),
  l0: optional(z.number().nonnegative()),
};
const aboutDictionary = {
  architecture: optional(z.string()),
  d_in: size,
  d_sae: size,
  d_out: optional(size),
  k: optional(z.number().positive()),
  apply_b_dec_to_input: optional(z.boolean()),
  normalize_activations: optional(z.union([z.boolean(), z.string()], 'a name or a boolean')),
  rescale_acts_by_decoder_norm: optional(z.boolean()),
  reshape_activations: optional(z.string()),
  finetuning_scaling_factor: optional(z.boolean()),
  dtype: optional(z.string()),
};
const flatSchema = z.looseObject({
  ...aboutDictionary,
  ...aboutModel,
  activation_fn: optional(z.string()),
  activation_fn_kwargs: optional(z.looseObject({ k: optional(z.number().positive()) })),
  hook_layer: optional(z.int()),
});
const nestedSchema = z.looseObject({ ...aboutDictionary, metadata: z.looseObject(aboutModel) });
const versionSchema = z.looseObject({
  sae_lens_version: optional(z.string()),
  metadata: optional(z.looseObject({ sae_lens_version: optional(z.string()) })),
});

/** Old name → the name of v3–v5. */
const RENAMED: Readonly<Record<string, string>> = {
  hook_point: 'hook_name',
  hook_point_head_index: 'hook_head_index',
  hook_point_layer: 'hook_layer',
  activation_fn_str: 'activation_fn',
};
const DTYPES: ReadonlyMap<string, DType> = new Map(
  (['float32', 'float64', 'float16', 'bfloat16'] as const).map((dtype) => [dtype, dtype]),
);

/**
 * Reads a `cfg.json`.
 * @throws corrupt-file for a wrong shape; unsupported-format for an architecture, activation function or normalisation
 * that is not known here; unsupported-dtype.
 */
export function parseSaeLensConfig(text: string, path: string): SaeLensConfig {
  const raw = parseJsonShape(versionSchema, text, path);
  const version = raw.sae_lens_version ?? raw.metadata?.sae_lens_version ?? null;
  const nested = version !== null && Number.parseInt(version, 10) >= 6;
  return nested ? fromNested(parseShape(nestedSchema, raw, path), version, path) : fromFlat(raw, version, path);
}

function fromNested(raw: z.infer<typeof nestedSchema>, version: string, path: string): SaeLensConfig {
  const architecture = known(path, 'architecture', raw.architecture ?? '', SAE_LENS_ARCHITECTURES);
  const reshape = known(path, 'reshape_activations', raw.reshape_activations ?? 'none', ['none', 'hook_z']);
  return {
    version,
    generation: 'v6',
    ...common(raw, architecture, raw.k, path),
    ...modelFields(raw.metadata),
    reshape_hook_z: reshape === 'hook_z',
  };
}

function fromFlat(source: object, version: string | null, path: string): SaeLensConfig {
  const renamed = Object.fromEntries(Object.entries(source).map(([key, value]) => [RENAMED[key] ?? key, value]));
  const raw = parseShape(flatSchema, renamed, path);
  const topk = known(path, 'activation_fn', raw.activation_fn ?? 'relu', ['relu', 'topk']) === 'topk';
  const declared = raw.architecture ?? 'standard';
  const architecture = known(
    path,
    'architecture',
    topk && declared === 'standard' ? 'topk' : declared,
    SAE_LENS_ARCHITECTURES,
  );
  const fields = modelFields(raw);
  // The first releases stored the template and the layer apart.
  const hook_name = fields.hook_name?.replace('{layer}', String(raw.hook_layer)) ?? null;
  return {
    version,
    generation: 'hook_point' in source ? 'v1-v2' : 'v3-v5',
    ...common(raw, architecture, raw.activation_fn_kwargs?.k ?? raw.k, path),
    ...fields,
    hook_name,
    prepend_bos: fields.prepend_bos ?? true,
    reshape_hook_z: hook_name?.includes('hook_z') ?? false,
  };
}

type Fields<Shape extends Readonly<Record<string, z.ZodType>>> = { readonly [key in keyof Shape]: z.infer<Shape[key]> };

function common(
  raw: Fields<typeof aboutDictionary>,
  architecture: SaeLensArchitecture,
  declaredK: number | null,
  path: string,
) {
  const { d_in, d_sae } = raw;
  const transcoder = architecture.endsWith('transcoder');
  const apply_b_dec_to_input = raw.apply_b_dec_to_input ?? !transcoder;
  if (transcoder && apply_b_dec_to_input) {
    corrupt(path, 'field "apply_b_dec_to_input" of a transcoder', 'true', 'false: its b_dec lives in the output space');
  }
  const fn = architecture === 'topk' ? 'topk' : architecture.endsWith('batchtopk') ? 'batchtopk' : 'relu';
  if (fn !== 'relu' && declaredK === null)
    corrupt(path, 'field "k" has a wrong value', undefined, 'the number of active features');
  if (fn === 'topk' && !Number.isInteger(declaredK))
    corrupt(path, 'field "k" has a wrong value', declaredK, 'a whole number');
  const normalize = raw.normalize_activations ?? false;
  const name = typeof normalize === 'string' ? normalize : normalize ? 'expected_average_only_in' : 'none';
  return {
    architecture,
    d_in,
    d_sae,
    d_out: raw.d_out ?? d_in,
    apply_b_dec_to_input,
    normalize_activations: known(path, 'normalize_activations', name, SAE_LENS_NORMALIZATIONS),
    activation: { fn, k: fn === 'relu' ? null : declaredK },
    rescale_acts_by_decoder_norm: raw.rescale_acts_by_decoder_norm ?? false,
    finetuning_scaling_factor: raw.finetuning_scaling_factor ?? false,
    dtype: parseDType(raw.dtype ?? 'float32', path),
  } as const;
}

function modelFields(raw: Fields<typeof aboutModel>) {
  const { hook_name, hook_name_out, hook_head_index, prepend_bos, context_size } = raw;
  const { model_name, dataset_path, neuronpedia_id, l0 } = raw;
  const model_from_pretrained_kwargs = raw.model_from_pretrained_kwargs ?? {};
  const about = { model_name, dataset_path, neuronpedia_id, model_from_pretrained_kwargs, l0 };
  return { hook_name, hook_name_out, hook_head_index, prepend_bos, context_size, ...about };
}

function parseDType(name: string, path: string): DType {
  const dtype = DTYPES.get(name.replace(/^torch\./, ''));
  if (dtype !== undefined) return dtype;
  const expected = [...DTYPES.keys()].join(', ');
  return refuse('unsupported-dtype', {
    path,
    problem: 'field "dtype"',
    found: name,
    expected,
    remedy: 'Convert the weights.',
  });
}

function known<const T extends string>(path: string, field: string, found: string, names: readonly T[]): T {
  const name = names.find((candidate) => candidate === found);
  if (name !== undefined) return name;
  const remedy = 'Sonde does not know this one; choose another dictionary.';
  return refuse('unsupported-format', {
    path,
    problem: `field "${field}"`,
    found,
    expected: names.join(' | '),
    remedy,
  });
}
