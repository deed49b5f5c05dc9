/** A dictionary's weights as constants of a graph: files stay where they are, half types are widened by a Cast. */
import type { TensorSource } from '../core/tensor.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { cast } from '../graph/expr.ts';
import type { Value } from '../graph/ir.ts';
import type { Dictionary } from './dictionary.ts';

/** A weight in its stored dtype. */
export function stored(b: GraphBuilder, dictionary: Dictionary, name: string, source: TensorSource): Value {
  return b.constant(`dictionary:${dictionary.name}:${name}`, source);
}

/** A weight as float32. */
export function weight(b: GraphBuilder, dictionary: Dictionary, name: string, source: TensorSource): Value {
  return cast(b, stored(b, dictionary, name, source), 'float32');
}

/** ‖W_dec row‖ as float32 [d_sae], or its reciprocal. */
export function decoderNorms(b: GraphBuilder, dictionary: Dictionary, form: 'norm' | 'inverse'): Value {
  const norms = dictionary.decoder_norms;
  const data = form === 'norm' ? norms : norms.map((norm) => 1 / norm);
  return stored(b, dictionary, `decoder_${form}`, { kind: 'memory', dtype: 'float32', shape: [norms.length], data });
}
