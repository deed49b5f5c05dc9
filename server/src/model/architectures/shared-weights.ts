/** Names of a module's tensors, as torch modules spell them. */
import type { LinearWeights, NormWeights } from '../spec.ts';
import { type ConfigSource, resolvePrefix } from './shared-config.ts';

/** An RMS norm: a gain alone. */
export function rmsNorm(name: string): NormWeights {
  return { weight: `${name}.weight`, bias: null };
}

/** A LayerNorm: gain and bias. */
export function layerNorm(name: string): NormWeights {
  return { weight: `${name}.weight`, bias: `${name}.bias` };
}

/** A torch Linear, stored [out, in]. */
export function linear(name: string, bias: boolean): LinearWeights {
  return { weight: `${name}.weight`, bias: bias ? `${name}.bias` : null, layout: 'out_in' };
}

/** GPT-2's Conv1D, stored [in, out]. */
export function conv1d(name: string): LinearWeights {
  return { weight: `${name}.weight`, bias: `${name}.bias`, layout: 'in_out' };
}

/** The unembedding: the table itself when tied, else the first of `heads` that is stored. @throws missing-tensor. */
export function unembedding(source: ConfigSource, tied: boolean, W_E: string, heads: readonly string[]): LinearWeights {
  return { weight: tied ? W_E : resolvePrefix(source, heads, ''), bias: null, layout: 'out_in' };
}
