/** Tasks one after the other, in the order they came. */
import { SondeError, throwIfCancelled } from '../core/errors.ts';

export interface SerialQueue {
  /**
   * Runs a task when those before it have ended. Its signal counts until it starts.
   * @throws cancelled, at once, when the signal fires while the task waits.
   */
  add<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Rejects every waiting task and all that come later. */
  close(reason: SondeError): void;
}

/** An empty queue. */
export function serialQueue(): SerialQueue {
  const waiting: { start(): Promise<void>; drop(reason: SondeError): void }[] = [];
  let running = false;
  let closed: SondeError | undefined;

  async function drain(): Promise<void> {
    if (running) return;
    running = true;
    for (let next = waiting.shift(); next; next = waiting.shift()) await next.start();
    running = false;
  }

  return {
    async add<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
      throwIfCancelled(signal);
      if (closed) throw closed;
      return new Promise<T>((resolve, reject) => {
        const entry = {
          async start() {
            signal?.removeEventListener('abort', onAbort);
            await task().then(resolve, reject);
          },
          drop(reason: SondeError) {
            signal?.removeEventListener('abort', onAbort);
            reject(reason);
          },
        };
        function onAbort(): void {
          waiting.splice(waiting.indexOf(entry), 1);
          reject(new SondeError('cancelled', 'The request was cancelled before it started.'));
        }
        signal?.addEventListener('abort', onAbort, { once: true });
        waiting.push(entry);
        void drain();
      });
    },
    close(reason) {
      closed = reason;
      for (const entry of waiting.splice(0)) entry.drop(reason);
    },
  };
}
