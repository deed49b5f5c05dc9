/** CPU time of this process's main thread. Linux only: elsewhere there is none of one thread in Node 20. */
import { openSync, readSync } from 'node:fs';

/**
 * Milliseconds. Where a host takes the processor away from its guest, the guest counts that time as its own: the
 * yardstick beside the turns shows how much.
 */
export function threadClock(): () => number {
  const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  const buffer = Buffer.alloc(64);
  return () => {
    // The kernel brings a running thread's time up to date when the process asks for its own.
    process.cpuUsage();
    const length = readSync(file, buffer, 0, buffer.length, 0);
    return Number(buffer.toString('latin1', 0, length).split(' ')[0]) / 1e6;
  };
}
