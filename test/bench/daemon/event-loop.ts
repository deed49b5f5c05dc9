/** The longest turn of the daemon's event loop, in CPU time, while long texts are traced with many dictionaries. */
import { K } from '../rig.js';
import { elapsed, median } from '../statistics.js';
import { LONG } from './edits.js';
import type { BenchDaemon } from './process.js';
import { withClients } from './process.js';
import { textSource } from './texts.js';

/** Milliseconds. */
export const MAX_TASK_MS = 20;

const RUNS = 2;
const ON_SCREEN = 40;

export interface LoopResult {
  readonly dictionaries: number;
  /** Whether the whole text's features are asked for, or what an editor shows. */
  readonly whole: boolean;
  /** Milliseconds: the CPU time of the longest turn, and a request's median. */
  readonly longest: number;
  readonly request: number;
}

export function measureEventLoop(daemon: BenchDaemon, counts: readonly number[]): Promise<LoopResult[]> {
  return withClients(daemon, 1, async ([client]) => {
    const next = textSource(5);
    const { dictionaries: attached } = await client!.request('sonde/dictionary/list', {});
    const results: LoopResult[] = [];
    for (const count of counts) {
      const dictionaries = attached.slice(0, count).map(({ name }) => name);
      const trace = (text: string, from: number): Promise<unknown> =>
        client!.request('sonde/trace/features', { text, k: K, from, dictionaries, lane: 'interactive' });
      await trace(next(LONG), 0);
      for (const whole of [true, false]) {
        const times: number[] = [];
        let longest = 0;
        for (let i = 0; i < RUNS; i++) {
          await daemon.turns();
          times.push(await elapsed(() => trace(next(LONG), whole ? 0 : LONG - ON_SCREEN)));
          longest = Math.max(longest, ...(await daemon.turns()).cpu);
        }
        results.push({ dictionaries: count, whole, longest, request: median(times) });
      }
    }
    return results;
  });
}
