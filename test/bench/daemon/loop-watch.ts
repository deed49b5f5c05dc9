/**
 * Loaded into a daemon (`node --import`): tells its parent how long the event loop was kept from its timers since the
 * last question. A task of ours shows there, and so does a processor that was busy elsewhere.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MILLISECONDS = 1;

/** Milliseconds beyond the timer's own. */
export interface LoopDelay {
  readonly max: number;
  readonly p99: number;
}

if (process.send) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MILLISECONDS });
  delay.enable();
  process.on('message', () => {
    const beyond = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MILLISECONDS);
    process.send!({ max: beyond(delay.max), p99: beyond(delay.percentile(99)) } satisfies LoopDelay);
    delay.reset();
  });
  // The question alone does not keep a daemon alive.
  process.channel?.unref();
}
