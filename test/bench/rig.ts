/** What the timed parts share: the fixtures opened, and the requests that are timed. */
import { cpus } from 'node:os';
import type { SessionId } from '../../server/dist/core/runner.js';
import type { Dictionary } from '../../server/dist/dictionary/dictionary.js';
import { openDictionary } from '../../server/dist/dictionary/open.js';
import type { Execution } from '../../server/dist/methods/execution.js';
import { type ModelHandle, modelHandle } from '../../server/dist/methods/model-handle.js';
import type { TraceRequest } from '../../server/dist/methods/trace/trace.js';
import { openCheckpoint } from '../../server/dist/model/checkpoint.js';
import { type ProcessRunner, startRunner } from '../../server/dist/runtime/process-runner.js';
import { benchIds, LAYER } from './fixtures.js';
import { SHAPE } from './write-model.js';

/** Features per position, as the command line shows them. */
export const K = 10;
/** Predicted tokens per position, where predictions are on. */
export const PREDICTIONS = 5;
/** No session is evicted. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** One combination that the targets name. */
export interface Scenario {
  readonly label: string;
  readonly request: TraceRequest;
  /** Blocks below the last hook that is read. */
  readonly layers: number;
}

/** One SAE at LAYER and all twelve, without and with predictions. */
export function scenarios(dictionaries: readonly Dictionary[]): Scenario[] {
  const ids = benchIds();
  const of = (label: string, used: readonly Dictionary[], layers: number, predictions: number): Scenario => ({
    label,
    request: { ids, dictionaries: used, k: K, from: 0, to: ids.length, predictions },
    layers: predictions > 0 ? SHAPE.n_layers : layers,
  });
  const single = dictionaries.filter(({ hook_in }) => hook_in === `blocks.${LAYER}.hook_resid_pre`);
  return [
    of(`one SAE at layer ${LAYER}`, single, LAYER, 0),
    of(`one SAE at layer ${LAYER}, predictions`, single, LAYER, PREDICTIONS),
    of('twelve SAEs', dictionaries, SHAPE.n_layers - 1, 0),
    of('twelve SAEs, predictions', dictionaries, SHAPE.n_layers - 1, PREDICTIONS),
  ];
}

/** Opens a checkpoint and dictionaries. */
export function open(model: string, paths: readonly string[]): { model: ModelHandle; dictionaries: Dictionary[] } {
  const handle = modelHandle(openCheckpoint(model));
  return { model: handle, dictionaries: paths.flatMap((path) => openDictionary(path, handle.spec)) };
}

/** Uses a fresh runtime process, and ends it. */
export async function withRunner<T>(
  threads: number | undefined,
  use: (runner: ProcessRunner) => Promise<T>,
): Promise<T> {
  const runner = await startRunner({ device: 'cpu', ...(threads === undefined ? {} : { threads }) });
  try {
    return await use(runner);
  } finally {
    await runner.dispose();
  }
}

/** An execution that evicts nothing; `closeAll` closes what was opened. */
export interface BenchExecution extends Execution {
  closeAll(): Promise<void>;
}

/** Opens programs as recipes say, or the hot ones as `hot` says; `onOpen` is awaited after each opening. */
export function benchExecution(
  runner: ProcessRunner,
  hot: 'packed' | 'mapped' = 'packed',
  onOpen?: () => Promise<void>,
): BenchExecution {
  const sessions = new Map<string, SessionId>();
  return {
    runner,
    target: 'cpu',
    async withSession(recipe, use, signal) {
      const known = sessions.get(recipe.key);
      const session =
        known ??
        (await runner.open(await recipe.build(), { weights: recipe.weights === 'packed' ? hot : 'mapped' }, signal));
      sessions.set(recipe.key, session);
      if (known === undefined) await onOpen?.();
      return use(session);
    },
    async closeAll() {
      for (const session of sessions.values()) await runner.close(session);
      sessions.clear();
    },
  };
}

/** The processor, for reports. */
export function processor(): string {
  return `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`;
}
