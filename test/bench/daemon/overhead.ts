/** What the way through the daemon adds to the computation that it asks for, trace by trace. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DaemonState } from '../../../server/dist/daemon/state.js';
import { connectDaemon } from '../../../server/dist/rpc/connect.js';
import { type Fixtures, LAYER, POSITIONS } from '../fixtures.js';
import { K } from '../rig.js';
import { elapsed, median } from '../statistics.js';
import { textSource } from './texts.js';

/** Milliseconds that a round trip may take beyond the computation, at the median. */
export const MAX_OVERHEAD_MS = 2;

export interface OverheadResult {
  readonly tokens: number;
  /** Milliseconds, medians: the round trip, the engine's part of it, and the rest. */
  readonly daemon: number;
  readonly engine: number;
  readonly overhead: number;
}

export interface RoundTrips {
  /** A request that computes nothing. */
  readonly empty: number;
  readonly traces: readonly OverheadResult[];
}

const ENTRY = fileURLToPath(new URL('./timed-daemon.js', import.meta.url));
const WARM_UP = 5;

export async function measureOverhead(fixtures: Fixtures, runs: number): Promise<RoundTrips> {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-bench-daemon-'));
  const child = fork(ENTRY, [folder, fixtures.model, fixtures.dictionaries[LAYER]!]);
  const ended = once(child, 'exit');
  try {
    const [{ url, token }] = (await once(child, 'message')) as [DaemonState];
    const client = await connectDaemon({ url, token: readFileSync(token, 'utf8').trim() }, 'bench');
    const engineTimes = async (): Promise<number[]> => {
      child.send('how long?');
      return (await once(child, 'message'))[0] as number[];
    };
    const next = textSource(3);
    const traces: OverheadResult[] = [];
    for (const tokens of [8, POSITIONS]) {
      const trips: number[] = [];
      for (let i = 0; i < WARM_UP + 4 * runs; i++) {
        const request = { text: next(tokens), k: K, predictions: 0, lane: 'interactive' as const };
        trips.push(await elapsed(() => client.request('sonde/trace/features', request)));
      }
      const pairs = (await engineTimes()).map((engine, i) => ({ engine, trip: trips[i]! })).slice(WARM_UP);
      traces.push({
        tokens,
        daemon: median(pairs.map(({ trip }) => trip)),
        engine: median(pairs.map(({ engine }) => engine)),
        overhead: median(pairs.map(({ trip, engine }) => trip - engine)),
      });
    }
    const empty: number[] = [];
    for (let i = 0; i < 300; i++) empty.push(await elapsed(() => client.request('sonde/model/list', {})));
    await client.close();
    return { empty: median(empty), traces };
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}
