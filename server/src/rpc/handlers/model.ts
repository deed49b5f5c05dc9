/** Models. */
import type { Handlers } from '../dispatch.ts';
import type { EngineDoor } from '../engine-door.ts';

/** Finds what a name in a request means. @throws path-outside-roots; file-not-found. */
export type Locate = (name: string) => string;

export function modelHandlers(engine: EngineDoor, locate: Locate): Handlers {
  return {
    'sonde/model/load': ({ name }) => engine.loadModel({ name, folder: locate(name) }),
    'sonde/model/list': () => ({ models: engine.models() }),
    'sonde/model/verify': async (params, { signal }) => {
      const identities = await engine.identities(params, signal);
      // JSON has no infinities.
      return {
        identities: identities.map((one) => ({ ...one, error: Number.isFinite(one.error) ? one.error : null })),
      };
    },
    'sonde/model/unload': async ({ model }) => {
      await engine.unloadModel(model);
      return null;
    },
  };
}
