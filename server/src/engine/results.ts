/** What leaves the engine: plain readonly data, the same for every door. */
import type { RunnerMemory } from '../core/runner.ts';
import type { Tensor } from '../core/tensor.ts';
import type { DictionaryFormat } from '../dictionary/dictionary.ts';
import type { FeatureLabel } from '../dictionary/labels.ts';

export { type FeatureLabel, isTokenList, UNMATCHED } from '../dictionary/labels.ts';

export interface TokenInfo {
  readonly id: number;
  /** Readable text of the token alone. */
  readonly text: string;
  /** UTF-16 range in the request's text. */
  readonly start: number;
  readonly end: number;
  /** BOS and the like; not counted in averages. */
  readonly special: boolean;
  /** Shares a character with a neighbour. */
  readonly partial: boolean;
}

export interface TokenizeResult {
  readonly bos: boolean;
  readonly tokens: readonly TokenInfo[];
  readonly warnings: readonly string[];
}

export interface FeatureActivation {
  readonly index: number;
  readonly activation: number;
  /** Null where nobody has named the feature. */
  readonly label: string | null;
}

/** One dictionary at one token. */
export interface TokenFeatures {
  /** Strongest first, at most k. */
  readonly features: readonly FeatureActivation[];
  /** All active features, those beyond k included. */
  readonly l0: number;
  /** ‖y − ŷ‖² / ‖y‖²: the share of the activation that the dictionary does not explain; may exceed 1. Null where ‖y‖ = 0. */
  readonly unexplained: number | null;
}

export type FitStatus = 'unchecked' | 'fits' | 'misfit';

/** What the fit check found, in short. */
export interface FitSummary {
  readonly status: FitStatus;
  /** Null until checked. */
  readonly fvu: number | null;
  readonly l0: number | null;
  /** Why, in words with numbers. */
  readonly cause: string | null;
}

export interface DictionaryInfo {
  readonly name: string;
  readonly digest: string;
  readonly path: string;
  readonly format: DictionaryFormat;
  readonly architecture: string;
  readonly hook_in: string;
  readonly hook_out: string;
  readonly d_in: number;
  readonly d_sae: number;
  readonly folding: 'folded' | 'unit' | 'as-stored';
  readonly center_input: boolean;
  readonly prepend_bos: boolean | null;
  readonly fit: FitSummary;
  readonly notes: readonly string[];
}

export interface DictionaryResult extends DictionaryInfo {
  /** One entry per reported token. */
  readonly tokens: readonly TokenFeatures[];
  /** Mean over counted tokens (BOS and special ones are not). Null without any. */
  readonly mean_l0: number | null;
  /** Σ‖y−ŷ‖² / Σ‖y−ȳ‖² over counted tokens. Null where nothing varies. */
  readonly fvu: number | null;
}

export interface TokenPredictions {
  /** Natural log of the probability that the model gave this token; null for the first. */
  readonly logprob: number | null;
  /** The likeliest tokens to follow this one. */
  readonly next: readonly { readonly id: number; readonly text: string; readonly logprob: number }[];
}

/** One pass over the text with one BOS setting. */
export interface TraceRun {
  readonly bos: boolean;
  /** Reported tokens are those at positions [from, from + tokens.length). */
  readonly from: number;
  readonly tokens: readonly TokenInfo[];
  readonly dictionaries: readonly DictionaryResult[];
  /** One entry per reported token; null when not asked for. */
  readonly predictions: readonly TokenPredictions[] | null;
}

export interface ModelInfo {
  /** The name it was asked for by; unique among loaded models. */
  readonly name: string;
  /** Folder it was read from, absolute. */
  readonly path: string;
  readonly architecture: string;
  readonly digest: string;
  readonly n_layers: number;
  readonly n_ctx: number;
  readonly d_model: number;
  readonly d_vocab: number;
}

export interface TraceResult {
  readonly model: ModelInfo;
  readonly device: string;
  readonly k: number;
  readonly runs: readonly TraceRun[];
  readonly warnings: readonly string[];
}

/** Raw tensors at hooks, [1, pos, …] float32, rows cut to the range asked for where the hook has positions. */
export interface ActivationsResult {
  readonly model: ModelInfo;
  readonly bos: boolean;
  readonly tokens: readonly TokenInfo[];
  readonly tensors: Readonly<Record<string, Tensor<'float32'>>>;
  readonly warnings: readonly string[];
}

/** What is known of one feature without running the model. */
export interface FeaturePage {
  readonly dictionary: string;
  readonly index: number;
  readonly label: FeatureLabel | null;
  readonly d_sae: number;
  readonly decoder_norm: number;
  /** Cosine of the encoder's and the decoder's direction; null for transcoders, whose spaces differ. */
  readonly encoder_decoder_cosine: number | null;
  /**
   * Direct effect of the decoder row on the logits through ln_final's gain alone (no scale, no softcap): largest and
   * smallest tokens. Null where the dictionary does not write to the residual stream.
   */
  readonly top_logits: readonly TokenLogit[] | null;
  readonly bottom_logits: readonly TokenLogit[] | null;
  /** Features with the most similar decoder rows. */
  readonly neighbours: readonly FeatureHit[];
}

export interface TokenLogit {
  readonly id: number;
  readonly text: string;
  readonly logit: number;
}

/** A feature found by a search or by nearness. */
export interface FeatureHit {
  readonly dictionary: string;
  readonly index: number;
  readonly label: string | null;
  /** Cosine of decoder rows for neighbours; 1 for an exact text match, less for a looser one. */
  readonly score: number;
}

/** The process that computes. */
export interface RuntimeStatus extends RunnerMemory {
  /** Starts after the first. */
  readonly restarts: number;
  /** Tokens that runs took in so far. */
  readonly tokens: number;
}

/** How far a long call has come; `fraction` in 0 … 1, null where unknown. */
export type OnProgress = (report: { readonly message: string; readonly fraction: number | null }) => void;
