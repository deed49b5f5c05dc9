/** What the script door asks of the engine: one call per request. A handler that needs two lacks an operation there. */
import type { Engine } from '../engine/engine.ts';

/** Reports how far a long call has come; `fraction` in 0 … 1, null where unknown. */
export type OnProgress = (report: { readonly message: string; readonly fraction: number | null }) => void;

/** Counts of the runtime process since the start; `rss` in bytes. */
export interface RuntimeCounts {
  readonly rss: number;
  readonly restarts: number;
  /** Tokens computed. */
  readonly tokens: number;
}

type Operation =
  | 'loadModel'
  | 'models'
  | 'unloadModel'
  | 'loadDictionary'
  | 'dictionaries'
  | 'unloadDictionary'
  | 'tokenize'
  | 'trace'
  | 'activations'
  | 'feature'
  | 'searchFeatures'
  | 'labelFeature';

/** The engine as this door sees it. */
export interface EngineDoor extends Pick<Engine, Operation> {
  checkDictionary(
    choice: Parameters<Engine['checkDictionary']>[0],
    signal?: AbortSignal,
    onProgress?: OnProgress,
  ): ReturnType<Engine['checkDictionary']>;
  status(): ReturnType<Engine['status']> & { readonly runtime?: RuntimeCounts };
}
