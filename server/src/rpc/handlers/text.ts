/** Text to tokens. */
import type { Handlers } from '../dispatch.ts';
import type { EngineDoor } from '../engine-door.ts';

export function textHandlers(engine: EngineDoor): Handlers {
  return { 'sonde/text/tokenize': (params) => engine.tokenize(params) };
}
