/** Interleaved timing: on a shared machine a ratio is worth more than either of its times. */

export interface Comparison {
  /** Milliseconds, medians. */
  readonly ours: number;
  readonly bare: number;
  /** Ratio of the medians, and of the fastest runs; where they differ much, the machine was busy. */
  readonly ratio: number;
  readonly bestRatio: number;
  /** Milliseconds of the fastest runs. */
  readonly oursBest: number;
  readonly bareBest: number;
}

/** Runs a and b in turns, after two turns that are not counted. */
export async function compare(
  ours: () => Promise<unknown>,
  bare: () => Promise<unknown>,
  runs: number,
): Promise<Comparison> {
  const a: number[] = [];
  const b: number[] = [];
  for (let i = -2; i < runs; i++) {
    // The order alternates, so that neither always finds the other's data in the caches.
    const first = i % 2 === 0;
    const early = await elapsed(first ? ours : bare);
    const late = await elapsed(first ? bare : ours);
    if (i < 0) continue;
    a.push(first ? early : late);
    b.push(first ? late : early);
  }
  const [oursBest, bareBest] = [Math.min(...a), Math.min(...b)];
  return {
    ours: median(a),
    bare: median(b),
    ratio: median(a) / median(b),
    bestRatio: oursBest / bareBest,
    oursBest,
    bareBest,
  };
}

/** Milliseconds that a task takes. */
export async function elapsed(task: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await task();
  return performance.now() - start;
}

/** The middle value; the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
