/** How long clients wait when the runtime process is killed under load. */
import { existsSync, readFileSync } from 'node:fs';
import { K } from '../rig.js';
import { median } from '../statistics.js';
import type { BenchDaemon } from './process.js';
import { withClients } from './process.js';
import { textSource } from './texts.js';

const CLIENTS = 4;
const KILLS = 3;
const WARM_UP_MILLISECONDS = 2000;

export interface RecoveryResult {
  /** Milliseconds from the signal to the first answer of a request that was sent after it; median. */
  readonly recovery: number;
  readonly worst: number;
  /** Requests that failed; each was told to try again. */
  readonly failed: number;
  readonly answered: number;
}

/** Null where the system does not tell a process's children. */
export async function measureRecovery(daemon: BenchDaemon): Promise<RecoveryResult | null> {
  if (runtimeOf(daemon.pid) === null) return null;
  return withClients(daemon, CLIENTS, async (clients) => {
    const next = textSource(4);
    let [stop, failed, answered, killed] = [false, 0, 0, Number.POSITIVE_INFINITY];
    let recovered: (() => void) | null = null;
    const loads = clients.map(async (client) => {
      while (!stop) {
        const begun = performance.now();
        try {
          await client.request('sonde/trace/features', { text: next(8), k: K });
        } catch (error) {
          if (!(error as { retryable?: boolean }).retryable) throw error;
          failed++;
          continue;
        }
        answered++;
        if (begun > killed) recovered?.();
      }
    });
    const times: number[] = [];
    for (let i = 0; i < KILLS; i++) {
      await new Promise((resolve) => setTimeout(resolve, WARM_UP_MILLISECONDS));
      const again = new Promise<void>((resolve) => {
        recovered = resolve;
      });
      process.kill(runtimeOf(daemon.pid)!, 'SIGKILL');
      killed = performance.now();
      await again;
      times.push(performance.now() - killed);
      killed = Number.POSITIVE_INFINITY;
    }
    stop = true;
    await Promise.all(loads);
    return { recovery: median(times), worst: Math.max(...times), failed, answered };
  });
}

/** The process that a daemon started. */
function runtimeOf(pid: number): number | null {
  const list = `/proc/${pid}/task/${pid}/children`;
  return existsSync(list) ? Number(readFileSync(list, 'utf8').trim().split(' ')[0]) : null;
}
