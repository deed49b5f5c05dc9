/**
 * Lets the event loop turn: timers, sockets and other requests have theirs. Between pieces of work of a few milliseconds,
 * so that none of ours keeps a door waiting.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
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

/** With a turn of the event loop between the pieces. */
export async function inTurns<T>(work: Pieces<T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await nextTurn();
  }
}

/** Maps one after the other, with a turn of the event loop between them. */
export async function mapInTurns<T, U>(items: readonly T[], use: (item: T, index: number) => U): Promise<U[]> {
  const results: U[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0) await nextTurn();
    results.push(use(item, index));
  }
  return results;
}
