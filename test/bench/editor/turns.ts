/** CPU time of the daemon's turns, by what was going on. */

import type { Turns } from '../turn-meter.js';
import type { EditorDaemon } from './daemon.js';
import { type Distribution, distribution } from './distribution.js';

/** A task may hold the event loop so long, milliseconds of its own CPU time. */
export const MAX_TURN_MS = 20;

export interface TurnResult {
  readonly during: string;
  readonly turns: number;
  /** Milliseconds of CPU time of the turns above half a millisecond. */
  readonly cpu: Distribution;
  /** Turns above MAX_TURN_MS. */
  readonly long: number;
  /** When the longest began, microseconds of the monotonic clock. */
  readonly longestAt: number;
}

export interface TurnMeter {
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** The same for turns that were taken already. */
  add(what: string, turns: Turns): void;
  results(): readonly TurnResult[];
}

export function turnMeter(daemon: EditorDaemon): TurnMeter {
  const results: TurnResult[] = [];
  const add = (during: string, { count, cpu, longestAt }: Turns): void => {
    const long = cpu.filter((took) => took > MAX_TURN_MS).length;
    results.push({ during, turns: count, cpu: distribution(cpu), long, longestAt });
  };
  return {
    add,
    async during(what, work) {
      await daemon.turns();
      const result = await work();
      add(what, await daemon.turns());
      return result;
    },
    results: () => results,
  };
}
