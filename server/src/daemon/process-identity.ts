/** Whether a process of a file is still the one that wrote it: ids are given again, so its start counts too. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export const PROCESS_IDENTITY = z.object({
  pid: z.number().int().positive(),
  /** Start of the process in clock ticks since boot; null where the system does not tell. */
  started: z.string().nullable(),
});

export type ProcessIdentity = z.infer<typeof PROCESS_IDENTITY>;

/** This process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid) };
}

/** Whether that very process lives. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and is another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return started === null || now === null || now === started;
}

/** Field 22 of /proc/pid/stat, counted after the name, which may hold spaces. Source: proc_pid_stat(5). */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended, whatever its entry says.
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null);
  } catch {
    return null;
  }
}
