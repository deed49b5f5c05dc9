/**
 * Keeps one connection alive: never two attempts at a time, longer pauses after each failure, and none at all after a
 * failure that trying again cannot mend. Knows neither the editor nor the protocol.
 */

/** Why a connection could not be made or has ended. */
export interface Failure {
  /** `lost` is tried again; the others wait for the person: they need another token, version or setting. */
  readonly kind: 'lost' | 'token' | 'version' | 'setting';
  readonly message: string;
}

export type LineState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'reconnecting'; readonly failures: number; readonly message: string }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** A connection that was made. */
export interface Connected {
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<Failure>;
  /** Ends it. */
  end(): void;
}

export interface Supervisor {
  /** Tries at once instead of waiting; does nothing while an attempt runs or a connection stands. */
  retry(): void;
  /** Wants another connection, as after a change of settings: ends the one that stands or is being made, and tries at once. */
  renew(): void;
  /** Makes no further attempt. */
  stop(): void;
}

/** A connection that ends sooner counts as a failure, so that one which is refused after its start is no storm. */
const STABLE_MILLISECONDS = 5000;
const LONGEST_SECONDS = 30;

/** Milliseconds to wait after so many failures in a row, at least one: 1, 2, 4 … 30 s. */
export function pauseAfter(failures: number): number {
  return Math.min(2 ** Math.max(failures - 1, 0), LONGEST_SECONDS) * 1000;
}

/**
 * Connects, and again whenever the connection ends. `connect` rejects with a {@link Failure}; `tell` hears every state.
 * The clock is an argument for tests.
 */
export function supervise(
  connect: () => Promise<Connected>,
  tell: (state: LineState) => void,
  clock: { now(): number; wait(milliseconds: number): { readonly done: Promise<void>; cancel(): void } } = CLOCK,
): Supervisor {
  let stopped = false;
  let wake = (): void => {};
  let outdated = false;
  let current: Connected | undefined;

  async function attempt(): Promise<Failure & { readonly made: boolean }> {
    outdated = false;
    try {
      current = await connect();
      // What it was made with is no longer wanted.
      if (outdated) current.end();
      else if (!stopped) tell({ kind: 'ready' });
      return { ...(await current.ended), made: true };
    } catch (error) {
      return { ...asFailure(error), made: false };
    } finally {
      current = undefined;
    }
  }

  async function run(): Promise<void> {
    tell({ kind: 'starting' });
    for (let failures = 0; !stopped; ) {
      const begun = clock.now();
      const failure = await attempt();
      if (stopped) return;
      if (outdated) {
        tell({ kind: 'starting' });
        failures = 0;
        continue;
      }
      failures = failure.made && clock.now() - begun >= STABLE_MILLISECONDS ? 1 : failures + 1;
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (failure.kind === 'lost') {
        tell({ kind: 'reconnecting', failures, message: failure.message });
        const pause = clock.wait(pauseAfter(failures));
        await Promise.race([woken, pause.done]);
        pause.cancel();
      } else {
        tell({ kind: 'failed', failure });
        await woken;
        if (!stopped) tell({ kind: 'starting' });
        failures = 0;
      }
      wake = () => {};
    }
  }

  void run();
  return {
    retry: () => wake(),
    renew() {
      outdated = true;
      current?.end();
      wake();
    },
    stop() {
      stopped = true;
      wake();
    },
  };
}

function asFailure(error: unknown): Failure {
  if (typeof error === 'object' && error !== null && 'kind' in error && 'message' in error) return error as Failure;
  return { kind: 'lost', message: error instanceof Error ? error.message : String(error) };
}

const CLOCK = {
  now: () => performance.now(),
  wait(milliseconds: number) {
    let timer: ReturnType<typeof setTimeout>;
    const done = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    return { done, cancel: () => clearTimeout(timer) };
  },
};
