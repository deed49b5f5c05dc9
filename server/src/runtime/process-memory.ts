/** Memory of a process, as the system tells it. */
import { readFileSync } from 'node:fs';
import type { RunnerMemory } from '../core/runner.ts';

/**
 * Resident and private anonymous bytes of a process from Linux's `/proc/{pid}/status`; nothing elsewhere or when it is
 * gone. Read from outside, so that it answers at once while the process is busy in a native run.
 * Source: proc_pid_status(5), VmRSS and RssAnon (kB of 1,024 bytes).
 */
export function processMemory(pid: number): RunnerMemory | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined; // Not Linux, or the process has ended: the caller asks the process itself.
  }
  const rss = kibibytes(status, 'VmRSS');
  const anonymous = kibibytes(status, 'RssAnon');
  if (rss === undefined) return undefined;
  return anonymous === undefined ? { rss } : { rss, anonymous };
}

function kibibytes(status: string, field: string): number | undefined {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status);
  return match ? Number(match[1]) * 1024 : undefined;
}
