/** What the way through the daemon adds to the same computation in the caller's own process. */
import { createEngine } from '../../../server/dist/engine/engine.js';
import type { Fixtures } from '../fixtures.js';
import { LAYER, POSITIONS } from '../fixtures.js';
import { K, NO_LIMIT, withRunner } from '../rig.js';
import { compare, elapsed, median } from '../statistics.js';
import type { BenchDaemon } from './process.js';
import { withClients } from './process.js';
import { textSource } from './texts.js';

/** Milliseconds that a round trip may take beyond the computation, at the median. */
export const MAX_OVERHEAD_MS = 2;

export interface OverheadResult {
  readonly tokens: number;
  /** Milliseconds, medians. */
  readonly daemon: number;
  readonly engine: number;
  readonly overhead: number;
}

export interface RoundTrips {
  /** A request that computes nothing. */
  readonly empty: number;
  readonly traces: readonly OverheadResult[];
}

export function measureOverhead(daemon: BenchDaemon, fixtures: Fixtures, runs: number): Promise<RoundTrips> {
  return withClients(daemon, 1, ([client]) =>
    withRunner(undefined, async (runner) => {
      const engine = createEngine({ runner, modelMemoryLimit: NO_LIMIT, sessionMemoryLimit: NO_LIMIT });
      await engine.loadModel({ name: fixtures.model });
      await engine.loadDictionary({ path: fixtures.dictionaries[LAYER]! });
      const next = textSource(3);
      const traces: OverheadResult[] = [];
      for (const tokens of [8, POSITIONS]) {
        const request = () => ({ text: next(tokens), k: K, predictions: 0, lane: 'interactive' as const });
        const { ours, bare } = await compare(
          () => client!.request('sonde/trace/features', request()),
          () => engine.trace(request()),
          4 * runs,
        );
        traces.push({ tokens, daemon: ours, engine: bare, overhead: ours - bare });
      }
      const trips: number[] = [];
      for (let i = 0; i < 300; i++) trips.push(await elapsed(() => client!.request('sonde/model/list', {})));
      return { empty: median(trips), traces };
    }),
  );
}
