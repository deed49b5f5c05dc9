/**
 * Turns of the event loop: timers, sockets and other requests have theirs. Work of more than a few milliseconds is done
 * in pieces with `breathe` between, so that none of ours keeps a door waiting, nor do many small ones together.
 */

import { throwIfCancelled } from './errors.ts';

/** Milliseconds of one turn that pieces of work may share. */
const SLICE = 5;

/** When the first piece of this turn began. */
let began: number | undefined;
/** Settles when the next in the queue may look at the clock. */
let gate: Promise<void> = Promise.resolve();
const immediately = setImmediate;

/**
 * Goes on at once while this turn is young, else in a later one. Callers go on one after the other, since many that had
 * asked the clock together would all find it young.
 */
export function breathe(): Promise<void> {
  const mine = gate.then(untilYoung);
  gate = mine.then(untilWorked);
  return mine;
}

async function untilYoung(): Promise<void> {
  while (!isYoung()) await new Promise<void>((resolve) => immediately(resolve));
}

/** The caller's work begins a microtask after its promise has settled, or a few where functions lie between. */
async function untilWorked(): Promise<void> {
  for (let i = 0; i < 3; i++) await null;
}

function isYoung(): boolean {
  const now = performance.now();
  if (began === undefined) {
    began = now;
    immediately(() => {
      began = undefined;
    });
  }
  return now - began < SLICE;
}

/** Work that can be done in pieces of a few milliseconds: it yields between them. */
export type Pieces<T> = Generator<void, T, void>;

/** All pieces at once, where nobody waits. */
export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** In as many turns of the event loop as the pieces need. @throws cancelled between two of them. */
export async function inTurns<T>(work: Pieces<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    await breathe();
    throwIfCancelled(signal);
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** The first piece at once, so that short work waits behind nobody's long one; the others in turns. */
export async function promptly<T>(work: Pieces<T>, signal?: AbortSignal): Promise<T> {
  const { done, value } = work.next();
  return done ? value : inTurns(work, signal);
}

/** Maps one after the other, in as many turns of the event loop as that needs. */
export async function mapInTurns<T, U>(items: readonly T[], use: (item: T, index: number) => U): Promise<U[]> {
  const results: U[] = [];
  for (const [index, item] of items.entries()) {
    await breathe();
    results.push(use(item, index));
  }
  return results;
}
