/** Which layers attend within a sliding window. */
import { z } from 'zod';
import { contradiction } from './shared-config.ts';

/** Kinds of layers that configs list. */
export const layerTypes = z.array(z.enum(['full_attention', 'sliding_attention'])).nullish();

/**
 * Window of each layer, null where it sees everything before it.
 * `byDefault` tells whether a layer slides when the config lists no layer types.
 * @throws corrupt-file when the list's length is not the number of layers, or a sliding layer has no window.
 */
export function windowsOf(
  config: { readonly layer_types?: z.infer<typeof layerTypes>; readonly window: number | null },
  n_layers: number,
  byDefault: (layer: number) => boolean,
  path: string,
): (number | null)[] {
  const types = config.layer_types;
  if (types && types.length !== n_layers) {
    contradiction(path, `layer_types lists ${types.length} layers of ${n_layers}.`, {
      found: types.length,
      expected: n_layers,
    });
  }
  return Array.from({ length: n_layers }, (_, layer) => {
    const slides = types ? types[layer] === 'sliding_attention' : byDefault(layer);
    if (!slides) return null;
    return config.window ?? contradiction(path, `layer ${layer} slides, but sliding_window is not given.`);
  });
}
