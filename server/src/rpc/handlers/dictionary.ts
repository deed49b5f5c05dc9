/** Dictionaries. */
import type { Handlers } from '../dispatch.ts';
import type { EngineDoor } from '../engine-door.ts';
import type { Locate } from './model.ts';

export function dictionaryHandlers(engine: EngineDoor, locate: Locate): Handlers {
  return {
    'sonde/dictionary/load': async ({ path, ...options }) => ({
      dictionaries: await engine.loadDictionary({ ...present(options), path: locate(path) }),
    }),
    'sonde/dictionary/list': (choice) => ({ dictionaries: engine.dictionaries(choice) }),
    'sonde/dictionary/unload': async (choice) => {
      await engine.unloadDictionary(choice);
      return null;
    },
    'sonde/dictionary/check': (choice, { progress, signal }) => engine.checkDictionary(choice, signal, progress),
  };
}

/** Leaves out what is undefined: an absent option takes its default, where an undefined one would replace it. */
function present<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
