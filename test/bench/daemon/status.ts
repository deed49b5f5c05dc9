/** How soon a status is answered while batch work saturates the runtime. */
import { K } from '../rig.js';
import { elapsed } from '../statistics.js';
import { LONG } from './edits.js';
import type { BenchDaemon } from './process.js';
import { withClients } from './process.js';
import { textSource } from './texts.js';

/** Milliseconds at the 99th percentile. */
export const MAX_STATUS_MS = 20;

const SAMPLES = 600;
const PAUSE_MILLISECONDS = 15;
/** Long texts in flight; as many short ones come and go beside them. */
const IN_FLIGHT = 4;
const SHORT = 128;

export interface StatusResult {
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
  readonly max: number;
  /** Texts that were traced meanwhile. */
  readonly traced: number;
}

export function measureStatus(daemon: BenchDaemon): Promise<StatusResult> {
  return withClients(daemon, 2, async ([watcher, worker]) => {
    const next = textSource(2);
    let traced = 0;
    let stop = false;
    const job = async (tokens: number): Promise<void> => {
      for (; !stop; traced++) await worker!.request('sonde/trace/features', { text: next(tokens), k: K });
    };
    const jobs = Array.from({ length: IN_FLIGHT }, () => [job(LONG), job(SHORT)]).flat();
    const times: number[] = [];
    for (let i = 0; i < SAMPLES; i++) {
      times.push(await elapsed(() => watcher!.request('sonde/daemon/status', {})));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
    }
    stop = true;
    await Promise.all(jobs);
    times.sort((a, b) => a - b);
    const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
    return { median: at(0.5), p99: at(0.99), max: at(1), traced };
  });
}
