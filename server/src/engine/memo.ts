/**
 * Results by key: identical requests in flight join, finished ones are kept, least recently used first out, bounded by
 * bytes. What only passing work asked for (a search through a large dataset) goes before anything that somebody looks at.
 * Invariants: a failure is never kept; work stops only when everybody who waits for it has left.
 */
import { SondeError } from '../core/errors.ts';

export interface Memo<T> {
  /** The kept or joined result of `key`, else that of `compute`, which gets a signal of its own. */
  get(
    key: string,
    compute: (signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
    options?: { readonly passing?: boolean },
  ): Promise<T>;
  /** Forgets finished results whose key contains a text. */
  forget(part: string): void;
  stats(): MemoStats;
}

export interface MemoStats {
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  readonly joins: number;
  readonly misses: number;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  /** Nobody but passing work has asked. */
  passing: boolean;
}

interface Entry<T> {
  readonly value: T;
  readonly bytes: number;
}

/** A memo that keeps at most `budget` bytes by the estimate of `sizeOf`. */
export function createMemo<T>(budget: number, sizeOf: (value: T) => number): Memo<T> {
  // Each least recently used first; the first to go stand in `passed`.
  const passed = new Map<string, Entry<T>>();
  const kept = new Map<string, Entry<T>>();
  const flights = new Map<string, Flight<T>>();
  let bytes = 0;
  let hits = 0;
  let joins = 0;
  let misses = 0;

  function take(key: string): Entry<T> | undefined {
    const entry = kept.get(key) ?? passed.get(key);
    bytes -= entry?.bytes ?? 0;
    kept.delete(key);
    passed.delete(key);
    return entry;
  }

  function put(key: string, entry: Entry<T>, passing: boolean): void {
    (passing ? passed : kept).set(key, entry);
    bytes += entry.bytes;
    for (const oldest of [passed, kept]) {
      for (const victim of oldest.keys()) {
        if (bytes <= budget) return;
        take(victim);
      }
    }
  }

  function keep(key: string, value: T, passing: boolean): void {
    const size = sizeOf(value) + 2 * key.length;
    if (size > budget) return;
    take(key);
    put(key, { value, bytes: size }, passing);
  }

  function start(key: string, compute: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const result = compute(controller.signal);
    const flight = { result, controller, waiting: 0, passing: true };
    flights.set(key, flight);
    const done = (): void => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    result.then((value) => {
      done();
      if (!controller.signal.aborted) keep(key, value, flight.passing);
    }, done);
    return flight;
  }

  return {
    async get(key, compute, signal, { passing = false } = {}) {
      const looked = kept.has(key);
      const found = take(key);
      if (found) {
        hits++;
        put(key, found, passing && !looked);
        return found.value;
      }
      const joined = flights.get(key);
      if (joined) joins++;
      else misses++;
      const flight = joined ?? start(key, compute);
      flight.passing &&= passing;
      return wait(flight, signal, () => {
        if (flights.get(key) === flight) flights.delete(key);
      });
    },
    forget(part) {
      for (const key of [...passed.keys(), ...kept.keys()]) if (key.includes(part)) take(key);
    },
    stats: () => ({ entries: passed.size + kept.size, bytes, hits, joins, misses }),
  };
}

/** Waits for a flight until the signal fires; the last to leave aborts it. */
function wait<T>(flight: Flight<T>, signal: AbortSignal | undefined, abandoned: () => void): Promise<T> {
  flight.waiting++;
  return new Promise<T>((resolve, reject) => {
    const leave = (): void => {
      flight.waiting--;
      if (flight.waiting === 0) {
        abandoned();
        flight.controller.abort();
      }
      reject(new SondeError('cancelled', 'The request was cancelled.'));
    };
    if (signal?.aborted) return leave();
    signal?.addEventListener('abort', leave, { once: true });
    const settle = (): void => signal?.removeEventListener('abort', leave);
    flight.result.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error) => {
        settle();
        reject(error);
      },
    );
  });
}
