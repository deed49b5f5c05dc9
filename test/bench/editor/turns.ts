/** CPU time of the daemon's turns, by what was going on. */

import type { Turns } from '../turn-meter.js';
import type { EditorDaemon } from './daemon.js';
import { type Distribution, distribution } from './distribution.js';
import type { Yardstick } from './yardstick.js';

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
  /** The same for a millisecond of work meanwhile; null where it was not measured. */
  readonly yardstick: Distribution | null;
}

export interface TurnMeter {
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** The same for turns that were taken already. */
  add(what: string, turns: Turns): void;
  results(): readonly TurnResult[];
}

export function turnMeter(daemon: EditorDaemon, yardstick: Yardstick): TurnMeter {
  const results: TurnResult[] = [];
  const add = (during: string, { count, cpu, longestAt }: Turns, work: Distribution | null = null): void => {
    const long = cpu.filter((took) => took > MAX_TURN_MS).length;
    results.push({ during, turns: count, cpu: distribution(cpu), long, longestAt, yardstick: work });
  };
  return {
    add,
    async during(what, work) {
      await daemon.turns();
      await yardstick.read();
      const result = await work();
      add(what, await daemon.turns(), await yardstick.read());
      return result;
    },
    results: () => results,
  };
}
