/** What the script door asks of the engine: one call per request. A handler that needs two lacks an operation there. */
import type { Engine } from '../engine/engine.ts';

type Operation =
  | 'loadModel'
  | 'models'
  | 'unloadModel'
  | 'identities'
  | 'loadDictionary'
  | 'dictionaries'
  | 'unloadDictionary'
  | 'checkDictionary'
  | 'tokenize'
  | 'trace'
  | 'activations'
  | 'feature'
  | 'searchFeatures'
  | 'labelFeature'
  | 'status';

/** The engine as this door sees it. */
export type EngineDoor = Pick<Engine, Operation>;
