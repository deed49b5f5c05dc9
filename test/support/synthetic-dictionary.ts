/** A dictionary made in memory from a seed, for any hook of any fixture. */
import { float32, type TensorSource } from '../../server/src/core/tensor.ts';
import type { Dictionary } from '../../server/src/dictionary/dictionary.ts';
import { seededRandom } from './random.ts';

/** A ReLU dictionary of random weights whose biases let about half of the features fire. */
export function syntheticDictionary(hook: string, d_in: number, d_sae = 40, seed = 1): Dictionary {
  const random = seededRandom(seed);
  const normal = (shape: number[], scale: number): TensorSource => {
    const size = shape.reduce((a, b) => a * b, 1);
    return {
      kind: 'memory',
      ...float32(
        shape,
        Float32Array.from({ length: size }, () => random.normal() * scale),
      ),
    };
  };
  const W_dec = normal([d_sae, d_in], 1 / Math.sqrt(d_in));
  return {
    name: `synthetic-${hook}`,
    path: '/nowhere',
    format: 'saelens',
    architecture: 'standard',
    d_in,
    d_sae,
    d_out: d_in,
    hook_in: hook,
    hook_out: hook,
    head_index: null,
    center_input: false,
    normalization: { kind: 'none' },
    apply_b_dec_to_input: true,
    activation: { kind: 'relu' },
    W_enc: { source: normal([d_in, d_sae], 1 / Math.sqrt(d_in)), layout: 'in_sae' },
    b_enc: normal([d_sae], 0.3),
    W_dec,
    b_dec: normal([d_in], 0.3),
    W_skip: null,
    folding: 'as-stored',
    decoder_norms: new Float32Array(d_sae).fill(1),
    convention: { prepend_bos: null, context_size: null, model_name: null, declared_l0: null, neuronpedia_id: null },
    notes: [],
    alternatives: [],
    digest: `synthetic-${hook}-${d_in}-${d_sae}-${seed}`,
  };
}
