/**
 * Lets the event loop turn: timers, sockets and other requests have theirs. Between pieces of work of a few milliseconds,
 * so that none of ours keeps a door waiting.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
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
