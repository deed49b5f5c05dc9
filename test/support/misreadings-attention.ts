/** Misreadings of attention: its projections, positions, windows and scores. */
import { readModelSpec } from '../../server/src/model/architectures/registry.ts';
import type { AttentionSpec, LinearWeights, ModelSpec, RotarySpec } from '../../server/src/model/spec.ts';
import { interleavedHeads, permuteHeads } from './misread-weights.ts';
import { type Change, type Misreading, onLayers, onSpec, type Reading } from './misreading.ts';

export const ATTENTION_MISREADINGS: readonly Misreading[] = [
  // Projections.
  onLayers(
    'fused QKV split the other way',
    ({ qkv }) => qkv.kind === 'fused',
    (layer) => {
      if (layer.qkv.kind !== 'fused') return layer;
      return { ...layer, qkv: { ...layer.qkv, packing: layer.qkv.packing === 'thirds' ? 'per_head' : 'thirds' } };
    },
  ),
  onLayers(
    'keys and values swapped',
    ({ qkv }) => qkv.kind === 'separate',
    (layer) =>
      layer.qkv.kind === 'separate' ? { ...layer, qkv: { ...layer.qkv, k: layer.qkv.v, v: layer.qkv.k } } : layer,
  ),
  onLayers(
    'gate and up swapped',
    ({ mlp }) => mlp.kind === 'gated',
    (layer) =>
      layer.mlp.kind === 'gated' ? { ...layer, mlp: { ...layer.mlp, gate: layer.mlp.up, up: layer.mlp.gate } } : layer,
  ),
  onLayers(
    'output projection transposed',
    (_, spec) => square(spec),
    (layer) => ({ ...layer, o: flipped(layer.o) }),
  ),
  {
    name: 'key heads shared by every nth query head, not by neighbours',
    applies: ({ spec }) => grouped(spec),
    change: ({ spec, weights }) => ({ spec, weights: interleavedHeads(spec, weights) }),
  },
  {
    name: 'pairs of neighbours rotated, not halves',
    applies: ({ spec }) => spec.layers.some(({ attention, qkv }) => attention.rotary && qkv.kind === 'separate'),
    change: ({ spec, weights }) => ({ spec, weights: permuteHeads(spec, weights) }),
  },
  // Positions.
  onSpec(
    'learned positions left out',
    ({ W_pos }) => W_pos !== null,
    (spec) => ({ ...spec, W_pos: null }),
  ),
  onAttention(
    'rotation left out',
    ({ rotary }) => rotary !== null,
    (attention) => ({ ...attention, rotary: null }),
  ),
  onRotary(
    'another rotary base',
    () => true,
    (rotary) => ({ ...rotary, inverseFrequencies: rotary.inverseFrequencies.map((f) => f ** 1.25) }),
  ),
  onRotary(
    'the whole head rotated where a part is',
    ({ dims }, { d_head }) => dims < d_head,
    (rotary, { d_head }) => frequencies(rotary, d_head),
  ),
  onRotary(
    'half of the head rotated where all is',
    ({ dims }, { d_head }) => dims === d_head,
    (rotary, { d_head }) => frequencies(rotary, 2 * Math.floor(d_head / 4)),
  ),
  {
    name: 'frequencies not scaled',
    applies: (reading) => frequenciesOf(unscaled(reading)) !== frequenciesOf(reading.spec),
    change: (reading) => ({ spec: unscaled(reading), weights: reading.weights }),
  },
  onAttention(
    'local and global rotary bases swapped',
    (attention, spec) =>
      bothKinds(spec) &&
      String(otherKind(spec, attention).rotary?.inverseFrequencies) !== String(attention.rotary?.inverseFrequencies),
    (attention, spec) => ({ ...attention, rotary: otherKind(spec, attention).rotary }),
  ),
  // Windows.
  onAttention(
    'window left out',
    ({ window }) => window !== null,
    (attention) => ({ ...attention, window: null }),
  ),
  onAttention(
    'window one wider',
    ({ window }) => window !== null,
    (attention) => ({ ...attention, window: attention.window! + 1 }),
  ),
  onAttention(
    'window one narrower',
    ({ window }) => window !== null,
    (attention) => ({ ...attention, window: attention.window! - 1 }),
  ),
  onAttention(
    'window on the other layers',
    (_, spec) => bothKinds(spec),
    (attention, spec) => ({ ...attention, window: otherKind(spec, attention).window }),
  ),
  // Scores.
  onAttention(
    'query scale not 1/√d_head taken for that',
    ({ scale }, { d_head }) => Math.abs(scale * Math.sqrt(d_head) - 1) > 0.01,
    (attention, { d_head }) => ({ ...attention, scale: 1 / Math.sqrt(d_head) }),
  ),
  onAttention(
    'query scale without its root',
    ({ scale }) => scale !== 1,
    (attention) => ({ ...attention, scale: attention.scale ** 2 }),
  ),
  onAttention(
    'scores not capped',
    ({ softcap }) => softcap !== null,
    (attention) => ({ ...attention, softcap: null }),
  ),
];

function onAttention(
  name: string,
  applies: (attention: AttentionSpec, spec: ModelSpec) => boolean,
  change: Change<AttentionSpec>,
) {
  return onLayers(
    name,
    ({ attention }, spec) => applies(attention, spec),
    (layer, spec, i) => ({ ...layer, attention: change(layer.attention, spec, i) }),
  );
}

function onRotary(name: string, applies: (rotary: RotarySpec, spec: ModelSpec) => boolean, change: Change<RotarySpec>) {
  return onAttention(
    name,
    ({ rotary }, spec) => rotary !== null && applies(rotary, spec),
    (attention, spec, i) => ({ ...attention, rotary: change(attention.rotary!, spec, i) }),
  );
}

/** Attention as the config without its scaling of frequencies would have it. */
function unscaled({ spec, config }: Reading): ModelSpec {
  const scaling = ['factor', 'rope_type', 'rope_scaling'];
  const text = JSON.stringify(config, (key, value: unknown) => (scaling.includes(key) ? undefined : value));
  const { layers } = readModelSpec(JSON.parse(text), 'config.json');
  // Names of weights come with the prefix that is stored, so only what attention does is taken over.
  return { ...spec, layers: spec.layers.map((layer, i) => ({ ...layer, attention: layers[i]!.attention })) };
}

const frequenciesOf = (spec: ModelSpec): string =>
  String(spec.layers.map(({ attention }) => attention.rotary?.inverseFrequencies.join()));

/** Frequencies of `dims` rotated dimensions with the base of the given ones. */
function frequencies(rotary: RotarySpec, dims: number): RotarySpec {
  const base = (rotary.inverseFrequencies[0]! / rotary.inverseFrequencies[1]!) ** (rotary.dims / 2);
  return { dims, inverseFrequencies: Float32Array.from({ length: dims / 2 }, (_, i) => base ** ((-2 * i) / dims)) };
}

/** Attention of the first layer of the other kind: global for local, local for global. */
function otherKind(spec: ModelSpec, attention: AttentionSpec): AttentionSpec {
  return spec.layers.find((layer) => (layer.attention.window === null) !== (attention.window === null))!.attention;
}

const bothKinds = (spec: ModelSpec): boolean => new Set(spec.layers.map((l) => l.attention.window === null)).size === 2;
const flipped = <L extends LinearWeights>(linear: L): L => ({
  ...linear,
  layout: linear.layout === 'in_out' ? 'out_in' : 'in_out',
});
const grouped = ({ n_heads, n_kv_heads }: ModelSpec): boolean => n_kv_heads > 1 && n_kv_heads < n_heads;
const square = ({ n_heads, d_head, d_model }: ModelSpec): boolean => n_heads * d_head === d_model;
