/** Features. */
import type { Handlers } from '../dispatch.ts';
import type { EngineDoor } from '../engine-door.ts';

export function featureHandlers(engine: EngineDoor): Handlers {
  return {
    'sonde/feature/get': (params, { signal }) => engine.feature(params, signal),
    'sonde/feature/search': (params) => ({ features: engine.searchFeatures(params) }),
    'sonde/feature/label': (params) => ({ label: engine.labelFeature(params) }),
    'sonde/feature/neighbours': async ({ limit, ...choice }, { signal }) => {
      const { neighbours } = await engine.feature({ ...choice, count: limit }, signal);
      return { features: neighbours };
    },
  };
}
