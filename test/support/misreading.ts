/**
 * Deliberate misreadings of a checkpoint: each has the right shapes and is wrong, so only parity can catch it. A change
 * is made on the spec, on the config before it is read, or, where the spec has no word for it, on the weights.
 */
import type { Tensor } from '../../server/src/core/tensor.ts';
import type { WeightSource } from '../../server/src/graph/blocks/context.ts';
import type { LayerSpec, LinearWeights, ModelSpec } from '../../server/src/model/spec.ts';

/** What a misreading starts from. */
export interface Reading {
  readonly spec: ModelSpec;
  readonly config: unknown;
  readonly weights: WeightSource;
  /** int64 [1, pos]. */
  readonly tokens: Tensor;
}

export interface Misreading {
  readonly name: string;
  applies(reading: Reading): boolean;
  change(reading: Reading): Pick<Reading, 'spec' | 'weights'>;
  /** What it must move logits by at least, relative to their root mean square, where that is less than usual. */
  readonly least?: number;
}

/** Alters one layer or a part of it. */
export type Change<T> = (value: T, spec: ModelSpec, layer: number) => T;

/** A misreading of the whole spec. */
export function onSpec(
  name: string,
  applies: (spec: ModelSpec) => boolean,
  change: (spec: ModelSpec) => ModelSpec,
): Misreading {
  return {
    name,
    applies: ({ spec }) => applies(spec),
    change: ({ spec, weights }) => ({ spec: change(spec), weights }),
  };
}

/** On every layer for which `applies` holds; the misreading applies where it holds for one. */
export function onLayers(
  name: string,
  applies: (layer: LayerSpec, spec: ModelSpec) => boolean,
  change: Change<LayerSpec>,
): Misreading {
  return onSpec(
    name,
    (spec) => spec.layers.some((layer) => applies(layer, spec)),
    (spec) => ({
      ...spec,
      layers: spec.layers.map((layer, i) => (applies(layer, spec) ? change(layer, spec, i) : layer)),
    }),
  );
}

/** A linear map without its bias. */
export const unbiased = <L extends LinearWeights>(linear: L): L => ({ ...linear, bias: null });
