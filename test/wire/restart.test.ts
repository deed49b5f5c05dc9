/** The runtime process is killed under load: nothing hangs, errors are retryable, models come back. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { RemoteError } from '../../protocol/src/errors.ts';
import { eventually, startTestDaemon } from '../support/daemon.ts';

const CLIENTS = 4;
const KILLS = 3;

test('clients of a daemon whose runtime is killed get retryable errors at most, and answers soon after', async () => {
  const daemon = await startTestDaemon();
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => daemon.connect()));
  const outcomes: string[] = [];
  let stop = false;
  let killed = Number.POSITIVE_INFINITY;
  let recovered: number | null = null;
  const loads = clients.map(async (client, k) => {
    for (let i = 0; !stop; i++) {
      const begun = performance.now();
      const outcome = await client.request('sonde/trace/logits', { text: `cat ${k} ${i} the mat` }).then(
        () => 'ok',
        ({ kind, retryable }: RemoteError) => `${kind}, ${retryable ? 'retryable' : 'final'}`,
      );
      outcomes.push(outcome);
      if (outcome === 'ok' && begun > killed) recovered ??= performance.now();
    }
  });
  for (let i = 0; i < KILLS; i++) {
    const [answered, before] = [outcomes.length, outcomes.filter((outcome) => outcome !== 'ok').length];
    await eventually('every client is at work', () => outcomes.length > answered + 4 * CLIENTS);
    recovered = null;
    const children = childrenOf(daemon.state.pid);
    expect(children).not.toEqual([]);
    for (const child of children) process.kill(child, 'SIGKILL');
    killed = performance.now();
    await eventually('requests are answered again', () => recovered !== null);
    console.log(`recovery from kill -9: ${Math.round(recovered! - killed)} ms`);
    // One run is in flight at a time, so one request at most dies with the process.
    expect(outcomes.filter((outcome) => outcome !== 'ok').length - before).toBeLessThanOrEqual(1);
  }
  stop = true;
  await Promise.all(loads);
  const others = outcomes.filter((outcome) => outcome !== 'ok' && outcome !== 'runtime-restarted, retryable');
  expect(others).toEqual([]);
  await daemon.end();
});

/** Processes that a process started and that live. */
function childrenOf(pid: number): number[] {
  const list = `/proc/${pid}/task/${pid}/children`;
  const text = existsSync(list)
    ? readFileSync(list, 'utf8')
    : spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
        .stdout.split('\n')
        .map((line) => line.trim().split(/\s+/))
        .flatMap(([child, parent]) => (Number(parent) === pid ? [child] : []))
        .join(' ');
  return text.split(/\s+/).filter(Boolean).map(Number);
}
