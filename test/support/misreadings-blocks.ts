/** Misreadings of everything but attention's arithmetic: biases, norms, embeddings, the MLP and the block's wiring. */
import { type Misreading, onLayers, onSpec, unbiased } from './misreading.ts';

export const BLOCK_MISREADINGS: readonly Misreading[] = [
  // Biases.
  onLayers(
    'biases of q, k and v left out',
    ({ qkv }) => (qkv.kind === 'fused' ? qkv.linear.bias : qkv.q.bias) !== null,
    (layer) => {
      const { qkv } = layer;
      if (qkv.kind === 'fused') return { ...layer, qkv: { ...qkv, linear: unbiased(qkv.linear) } };
      return { ...layer, qkv: { ...qkv, q: unbiased(qkv.q), k: unbiased(qkv.k), v: unbiased(qkv.v) } };
    },
  ),
  onLayers(
    'bias of the attention output left out',
    ({ o }) => o.bias !== null,
    (layer) => ({ ...layer, o: unbiased(layer.o) }),
  ),
  onLayers(
    'biases of the MLP left out',
    ({ mlp }) => (mlp.kind === 'plain' ? mlp.out : mlp.down).bias !== null,
    (layer) => {
      const { mlp } = layer;
      if (mlp.kind === 'plain') return { ...layer, mlp: { ...mlp, in: unbiased(mlp.in), out: unbiased(mlp.out) } };
      return { ...layer, mlp: { ...mlp, gate: unbiased(mlp.gate), up: unbiased(mlp.up), down: unbiased(mlp.down) } };
    },
  ),
  onLayers(
    'biases of the norms left out',
    ({ ln1 }) => ln1.bias !== null,
    (layer) => ({ ...layer, ln1: { ...layer.ln1, bias: null }, ln2: { ...layer.ln2, bias: null } }),
  ),
  // Norms.
  onLayers(
    'norms before attention and MLP swapped',
    () => true,
    (layer) => ({ ...layer, ln1: layer.ln2, ln2: layer.ln1 }),
  ),
  onLayers(
    'norms on the outputs left out',
    ({ ln1_post }) => ln1_post !== null,
    (layer) => ({ ...layer, ln1_post: null, ln2_post: null }),
  ),
  onLayers(
    'post_attention_layernorm taken for the norm before the MLP',
    ({ ln1_post }) => ln1_post !== null,
    (layer) => ({ ...layer, ln2: layer.ln1_post!, ln1_post: layer.ln2 }),
  ),
  onLayers(
    'norms of q and k left out',
    ({ q_norm }) => q_norm !== null,
    (layer) => ({ ...layer, q_norm: null, k_norm: null }),
  ),
  onLayers(
    'norms of q and k swapped',
    ({ q_norm }) => q_norm !== null,
    (layer) => ({ ...layer, q_norm: layer.k_norm, k_norm: layer.q_norm }),
  ),
  onSpec(
    'gain read as w for 1 + w, or the reverse',
    ({ norm }) => norm.kind === 'rms',
    (spec) => ({ ...spec, norm: { ...spec.norm, gainOffset: spec.norm.gainOffset === 0 ? 1 : 0 } }),
  ),
  onSpec(
    'mean left in, or taken out of an RMS norm',
    () => true,
    (spec) => ({ ...spec, norm: { ...spec.norm, kind: spec.norm.kind === 'rms' ? 'layer' : 'rms' } }),
  ),
  // Fixtures whose eps is small have another one in their family where it matters.
  onSpec(
    'another family’s eps',
    ({ norm }) => norm.eps >= 0.01,
    (spec) => ({ ...spec, norm: { ...spec.norm, eps: 1e-5 } }),
  ),
  // Embeddings.
  onSpec(
    'embeddings not scaled',
    ({ embedScale }) => embedScale !== 1,
    (spec) => ({ ...spec, embedScale: 1 }),
  ),
  {
    ...onSpec(
      'embedding scale rounded to bfloat16',
      ({ embedScale }) => embedScale !== bfloat16(embedScale),
      (spec) => ({ ...spec, embedScale: bfloat16(spec.embedScale) }),
    ),
    // √8 is nearly a bfloat16.
    least: 1e-4,
  },
  onSpec(
    'embeddings scaled where they are not',
    ({ embedScale }) => embedScale === 1,
    (spec) => ({ ...spec, embedScale: Math.sqrt(spec.d_model) }),
  ),
  onSpec(
    'unembedding tied where it is not',
    ({ W_U, W_E }) => W_U.weight !== W_E,
    (spec) => ({ ...spec, W_U: { ...spec.W_U, weight: spec.W_E } }),
  ),
  // Blocks.
  onSpec(
    'parallel read as sequential, or the reverse',
    () => true,
    (spec) => ({ ...spec, parallel: !spec.parallel }),
  ),
  {
    ...onSpec(
      'the other form of GELU',
      ({ activation }) => activation.startsWith('gelu'),
      (spec) => ({ ...spec, activation: spec.activation === 'gelu' ? 'gelu_tanh' : 'gelu' }),
    ),
    // The two forms differ by 5e-4 at most.
    least: 3e-4,
  },
  onSpec(
    'GELU for SiLU, or the reverse',
    ({ activation }) => activation !== 'relu',
    (spec) => ({ ...spec, activation: spec.activation === 'silu' ? 'gelu' : 'silu' }),
  ),
  onSpec(
    'logits not capped',
    ({ finalSoftcap }) => finalSoftcap !== null,
    (spec) => ({ ...spec, finalSoftcap: null }),
  ),
];

/** The nearest number of 8 significant bits. */
function bfloat16(value: number): number {
  const unit = 2 ** (Math.floor(Math.log2(value)) - 7);
  return Math.round(value / unit) * unit;
}
