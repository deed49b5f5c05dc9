/**
 * What a checkpoint is, after its config was read and before a graph is built: the family's formula as data.
 * Invariant: nothing downstream looks at the family's name to choose arithmetic; every difference is a field here.
 */

/** A norm before a block, on a block's output, or over heads. */
export interface NormSpec {
  readonly kind: 'layer' | 'rms';
  readonly eps: number;
  /** Added to the stored gain: 1 for Gemma's (1 + w), else 0. */
  readonly gainOffset: 0 | 1;
}

/** Rotary embedding of one layer: the first `dims` of each head are rotated in halves (i, i + dims/2). */
export interface RotarySpec {
  readonly dims: number;
  /** Inverse frequencies after any scaling, [dims / 2], radians per position, computed in float64 and rounded to float32. */
  readonly inverseFrequencies: Float32Array;
}

/** Attention of one layer. */
export interface AttentionSpec {
  /** Multiplies q·k: 1/√d_head, 1/√query_pre_attn_scalar, by-layer variants. */
  readonly scale: number;
  /** Scores become cap · tanh(scores / cap), before the mask; null for none. */
  readonly softcap: number | null;
  /** Key k is seen from query q when q − window < k ≤ q; null sees all earlier keys. */
  readonly window: number | null;
  readonly rotary: RotarySpec | null;
}

export type Activation = 'gelu' | 'gelu_tanh' | 'silu' | 'relu';

/** A linear map's tensor names; `out_in` is [out, in] (torch Linear), `in_out` is [in, out] (GPT-2 Conv1D). */
export interface LinearWeights {
  readonly weight: string;
  readonly bias: string | null;
  readonly layout: 'out_in' | 'in_out';
}

export interface NormWeights {
  readonly weight: string;
  readonly bias: string | null;
}

/** `thirds`: all q, all k, all v one after the other. `per_head`: [n_heads, 3, d_head]. */
export type QkvWeights =
  | { readonly kind: 'fused'; readonly packing: 'thirds' | 'per_head'; readonly linear: LinearWeights }
  | {
      readonly kind: 'separate';
      readonly q: LinearWeights;
      readonly k: LinearWeights;
      readonly v: LinearWeights;
    };

export type MlpWeights =
  | { readonly kind: 'plain'; readonly in: LinearWeights; readonly out: LinearWeights }
  /** act(gate(x)) ∘ up(x) → down; TransformerLens calls gate's output hook_pre and up's hook_pre_linear. */
  | { readonly kind: 'gated'; readonly gate: LinearWeights; readonly up: LinearWeights; readonly down: LinearWeights };

export interface LayerSpec {
  readonly attention: AttentionSpec;
  readonly ln1: NormWeights;
  /** The norm before the MLP. */
  readonly ln2: NormWeights;
  /** Norms on the block outputs before they join the residual stream (Gemma 2, 3); null elsewhere. */
  readonly ln1_post: NormWeights | null;
  readonly ln2_post: NormWeights | null;
  readonly qkv: QkvWeights;
  /** Per-head RMS norms of q and k before rotation, gain [d_head]; null where absent. */
  readonly q_norm: NormWeights | null;
  readonly k_norm: NormWeights | null;
  readonly o: LinearWeights;
  readonly mlp: MlpWeights;
}

export interface ModelSpec {
  /** `architectures[0]` as stored. */
  readonly architecture: string;
  readonly n_layers: number;
  readonly n_ctx: number;
  readonly d_model: number;
  readonly n_heads: number;
  readonly n_kv_heads: number;
  readonly d_head: number;
  readonly d_mlp: number;
  readonly d_vocab: number;
  readonly activation: Activation;
  readonly norm: NormSpec;
  /** Attention and MLP both read resid_pre (NeoX); hook_resid_mid does not exist then. */
  readonly parallel: boolean;
  /** Multiplies token embeddings: √d_model on Gemma, else 1. */
  readonly embedScale: number;
  /** Final logits become cap · tanh(logits / cap); null for none. */
  readonly finalSoftcap: number | null;
  readonly layers: readonly LayerSpec[];
  readonly W_E: string;
  /** Learned position table [n_ctx, d_model], or null. */
  readonly W_pos: string | null;
  readonly ln_final: NormWeights;
  /** Unembedding [d_vocab, d_model]; equals W_E when tied. */
  readonly W_U: LinearWeights;
  /** Whether the tokenizer's own convention prepends BOS (Llama, Gemma, Mistral). */
  readonly addsBos: boolean;
}
