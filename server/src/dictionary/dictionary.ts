/**
 * What a dictionary is, whatever format it came in: formula as data, weights as references.
 *
 * x → (centre) → normalise_in → (− b_dec) → ·W_enc + b_enc → activation → ·W_dec + b_dec → normalise_out (+ x·W_skipᵀ).
 * Per-position norms are undone only where input and output are the same hook; the skip reads x as the hook gave it
 * (both as SAELens 6.54 `saes/transcoder.py`).
 * Invariant: nothing downstream looks at the format to choose arithmetic; every difference is a field here.
 */
import type { TensorSource } from '../core/tensor.ts';

export type DictionaryFormat =
  | 'saelens'
  | 'gemma-scope'
  | 'gemma-scope-2'
  | 'llama-scope'
  | 'sparsify'
  | 'circuit-tracer'
  | 'dictionary-learning';

/** A matrix and which way it lies. */
export interface EncoderMatrix {
  readonly source: TensorSource;
  /** `in_sae`: [d_in, d_sae]; `sae_in`: [d_sae, d_in]. Both are used in place. */
  readonly layout: 'in_sae' | 'sae_in';
}

/**
 * How pre-activations h [d_sae] become features.
 * relu: max(h, 0). jumprelu: relu(h)·1[h > threshold], strict. gated: 1[gate > 0]·relu(magnitude).
 * topk: the k largest per position, by `order`: relu before selecting (sparsify), after (SAELens), or never (circuit-tracer).
 */
export type DictionaryActivation =
  | { readonly kind: 'relu' }
  | { readonly kind: 'jumprelu'; readonly threshold: TensorSource }
  | {
      readonly kind: 'gated';
      readonly b_gate: TensorSource;
      readonly b_mag: TensorSource;
      readonly r_mag: TensorSource;
    }
  | {
      readonly kind: 'topk';
      readonly k: number;
      readonly order: 'relu-topk' | 'topk-relu' | 'topk';
      /** Selection by h·‖W_dec row‖ (SAELens rescale_acts_by_decoder_norm). */
      readonly rescaleByDecoderNorm: boolean;
    }
  /** max(h, 0) of the largest in each of k contiguous groups of d_sae / k features (sparsify). */
  | { readonly kind: 'groupmax'; readonly k: number };

/** Applied to x before encoding and undone on the reconstruction. */
export type InputNormalization =
  | { readonly kind: 'none' }
  /** Per position: subtract the mean, divide by (unbiased std + 1e-5). */
  | { readonly kind: 'layer_norm' }
  /** Per position: x·√d_in / ‖x‖. */
  | { readonly kind: 'constant_norm_rescale' }
  /** x·in; the reconstruction is divided by out (Llama Scope, dataset-wise norms). */
  | { readonly kind: 'scale'; readonly in: number; readonly out: number };

/** What the dictionary's author said about how to use it; null where the format does not tell. */
export interface DictionaryConvention {
  readonly prepend_bos: boolean | null;
  readonly context_size: number | null;
  readonly model_name: string | null;
  readonly declared_l0: number | null;
  readonly neuronpedia_id: string | null;
}

export interface Dictionary {
  /** Short name for people, unique within what is attached: the folder's last parts, or the hook. */
  readonly name: string;
  /** Folder or file it was loaded from, absolute. */
  readonly path: string;
  readonly format: DictionaryFormat;
  /** Architecture as its config spells it, for display. */
  readonly architecture: string;
  readonly d_in: number;
  readonly d_sae: number;
  readonly d_out: number;
  /** Where x is read, a classic hook name. */
  readonly hook_in: string;
  /** What the reconstruction stands for; equals hook_in except for transcoders. */
  readonly hook_out: string;
  /** One head of a per-head hook, or null. hook_z without an index is flattened to n_heads·d_head. */
  readonly head_index: number | null;
  /** Subtract the mean over d_in first (dictionaries trained on centred residuals). */
  readonly center_input: boolean;
  readonly normalization: InputNormalization;
  readonly apply_b_dec_to_input: boolean;
  readonly activation: DictionaryActivation;
  readonly W_enc: EncoderMatrix;
  /** [d_sae]; null for gated. */
  readonly b_enc: TensorSource | null;
  /** [d_sae, d_out], rows are features; loaders transpose other layouts. */
  readonly W_dec: TensorSource;
  /** [d_out]. */
  readonly b_dec: TensorSource | null;
  /** [d_out, d_in], adds x·W_skipᵀ; null without a skip connection. */
  readonly W_skip: TensorSource | null;
  /**
   * Folding of decoder norms: `folded` multiplies activations by ‖W_dec row‖ (dashboards' scale; the reconstruction is
   * the same), `unit` says that rows are unit already, `as-stored` leaves activations in the file's own scale.
   */
  readonly folding: 'folded' | 'unit' | 'as-stored';
  /** ‖W_dec row‖ [d_sae] float32, at least 1e-8 (SAELens' clamp), so that dividing by it is safe. */
  readonly decoder_norms: Float32Array;
  readonly convention: DictionaryConvention;
  /** Readings that the loader had to choose, in words, for diagnostics. */
  readonly notes: readonly string[];
  /** Other readings of the same files that shapes cannot rule out; the fit check compares them. */
  readonly alternatives: readonly Dictionary[];
  /** sha256 hex of config, weight headers and samples of the weights; names the dictionary in results. */
  readonly digest: string;
}
