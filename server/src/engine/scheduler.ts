/**
 * One runner, two lanes: an interactive request overtakes every batch request that has not started. A run cannot be
 * interrupted, so what is handed to the runner is one call at a time; planners keep calls short.
 * Invariants: at most one call is with the runner; a full queue refuses at once; an aborted request leaves the queue.
 */
import { SondeError } from '../core/errors.ts';
import type { Runner } from '../core/runner.ts';

export type Lane = 'interactive' | 'batch';

export interface Scheduler {
  /** The runner as seen from a lane. */
  on(lane: Lane): Runner;
  /** Calls that wait, by lane. */
  waiting(): Readonly<Record<Lane, number>>;
  /** Tokens that runs took in so far, padding included. */
  tokens(): number;
}

/** Calls that may wait in each lane before the next is refused. */
export const MAX_WAITING = 4096;

interface Job {
  readonly start: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
  readonly cancel: () => void;
}

/** A scheduler over one runner. */
export function createScheduler(runner: Runner): Scheduler {
  const queues: Record<Lane, Job[]> = { interactive: [], batch: [] };
  let busy = false;
  let tokens = 0;

  async function pump(): Promise<void> {
    if (busy) return;
    busy = true;
    for (let job = next(); job; job = next()) await job.start();
    busy = false;
  }

  function next(): Job | undefined {
    return queues.interactive.shift() ?? queues.batch.shift();
  }

  function enqueue<T>(lane: Lane, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const queue = queues[lane];
    if (queue.length >= MAX_WAITING) {
      return Promise.reject(
        new SondeError('queue-full', `${queue.length} calls wait already; try again later.`, {
          found: queue.length,
          expected: MAX_WAITING,
        }),
      );
    }
    return new Promise<T>((resolve, reject) => {
      const cancel = (): void => {
        const at = queue.indexOf(job);
        if (at >= 0) queue.splice(at, 1);
        reject(new SondeError('cancelled', 'The request was cancelled.'));
      };
      const job: Job = {
        signal,
        cancel,
        async start() {
          signal?.removeEventListener('abort', cancel);
          await work().then(resolve, reject);
        },
      };
      if (signal?.aborted) return cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      queue.push(job);
      // Let callers of the same tick line up first, so that an interactive one among them goes ahead.
      queueMicrotask(() => void pump());
    });
  }

  const view = (lane: Lane): Runner => ({
    ...runner,
    device: runner.device,
    open: (program, options, signal) => enqueue(lane, () => runner.open(program, options, signal), signal),
    run: (session, feeds, fetches, signal, resident, onTook) =>
      enqueue(
        lane,
        async () => {
          const started = performance.now();
          const outputs = await runner.run(session, feeds, fetches, signal, resident);
          // The runner's own queue is empty: what it waited for, it waited for here.
          onTook?.(performance.now() - started);
          tokens += feeds.tokens?.data.length ?? 0;
          return outputs;
        },
        signal,
      ),
    close: (session) => enqueue(lane, () => runner.close(session)),
    dropStore: (store) => enqueue(lane, () => runner.dropStore(store)),
  });
  const views = { interactive: view('interactive'), batch: view('batch') };
  return {
    on: (lane) => views[lane],
    waiting: () => ({ interactive: queues.interactive.length, batch: queues.batch.length }),
    tokens: () => tokens,
  };
}
