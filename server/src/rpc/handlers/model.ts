/** Models. */
import type { Handlers } from '../dispatch.ts';
import type { EngineDoor } from '../engine-door.ts';

/** Finds what a name in a request means. @throws path-outside-roots; file-not-found. */
export type Locate = (name: string) => string;

export function modelHandlers(engine: EngineDoor, locate: Locate): Handlers {
  return {
    'sonde/model/load': ({ name }) => engine.loadModel({ name, folder: locate(name) }),
    'sonde/model/list': () => ({ models: engine.models() }),
    'sonde/model/unload': async ({ model }) => {
      await engine.unloadModel(model);
      return null;
    },
  };
}
