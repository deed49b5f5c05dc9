/** The daemon's part of the benchmark: everything here goes through a daemon's port. */
import { type Fixtures, LAYER } from '../fixtures.js';
import { measureThroughput, type ThroughputResult } from './clients.js';
import { type EditResult, measureEdits } from './edits.js';
import { type LoopResult, measureEventLoop } from './event-loop.js';
import { measureOverhead, type RoundTrips } from './overhead.js';
import { withDaemon } from './process.js';
import { measureRecovery, type RecoveryResult } from './recovery.js';
import { measureSoak, SOAK_SETTINGS, type SoakResult } from './soak.js';
import { measureStatus, type StatusResult } from './status.js';

export interface DaemonReport {
  readonly edits: EditResult;
  readonly throughput: readonly ThroughputResult[];
  readonly roundTrips: RoundTrips;
  readonly status: StatusResult;
  readonly recovery: RecoveryResult | null;
  readonly eventLoop: readonly LoopResult[];
  readonly soak: SoakResult;
}

/** Measures one thing after the other; about four minutes. */
export async function measureDaemon(
  fixtures: Fixtures,
  runs: number,
  log: (line: string) => void,
): Promise<DaemonReport> {
  const model = ['--model', fixtures.model, '--dictionary'];
  const single = await withDaemon([...model, fixtures.dictionaries[LAYER]!], async (daemon) => {
    log('daemon: edits of a long text');
    const edits = await measureEdits(daemon, runs);
    log('daemon: one client and sixteen');
    const throughput = await measureThroughput(daemon);
    log('daemon: status under load');
    const status = await measureStatus(daemon);
    log('daemon: recovery from kill -9');
    return { edits, throughput, status, recovery: await measureRecovery(daemon) };
  });
  log('daemon: round trips');
  const roundTrips = await measureOverhead(fixtures, runs);
  log('daemon: event loop');
  const eventLoop = await withDaemon([...model, ...fixtures.dictionaries], (daemon) =>
    measureEventLoop(daemon, [1, 12]),
  );
  log('daemon: soak');
  return { ...single, roundTrips, eventLoop, soak: await withDaemon([], measureSoak, SOAK_SETTINGS) };
}
