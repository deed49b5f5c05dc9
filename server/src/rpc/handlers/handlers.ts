/** Every handler over one engine. */
import type { Handlers } from '../dispatch.ts';
import type { EngineDoor } from '../engine-door.ts';
import { type DaemonControl, daemonHandlers } from './daemon.ts';
import { dictionaryHandlers } from './dictionary.ts';
import { featureHandlers } from './feature.ts';
import { lifecycleHandlers, type ServerFacts } from './lifecycle.ts';
import { type Locate, modelHandlers } from './model.ts';
import { textHandlers } from './text.ts';
import { traceHandlers } from './trace.ts';

export interface HandlerServices {
  readonly engine: EngineDoor;
  readonly locate: Locate;
  readonly daemon: DaemonControl;
  readonly facts: ServerFacts;
}

export function createHandlers({ engine, locate, daemon, facts }: HandlerServices): Handlers {
  const others: Handlers = {
    ...daemonHandlers(engine, daemon),
    ...modelHandlers(engine, locate),
    ...dictionaryHandlers(engine, locate),
    ...textHandlers(engine),
    ...traceHandlers(engine),
    ...featureHandlers(engine),
  };
  return { ...lifecycleHandlers(facts, others), ...others };
}
