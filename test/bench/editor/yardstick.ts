/**
 * How far the CPU time of a turn can be trusted: the same work of a millisecond, again and again, in a process of its
 * own while the daemon is measured. What it takes beyond its median is the machine's.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { threadClock } from '../thread-clock.js';
import { type Distribution, distribution } from './distribution.js';

export interface Yardstick {
  /** CPU milliseconds of the pieces of work since it was last asked. */
  read(): Promise<Distribution>;
}

/** Milliseconds between two pieces of work: 4 % of one core. */
const INTERVAL = 25;
const ENTRY = fileURLToPath(import.meta.url);

export async function withYardstick<T>(use: (yardstick: Yardstick) => Promise<T>): Promise<T> {
  const child = fork(ENTRY);
  try {
    await once(child, 'message');
    return await use({
      async read() {
        child.send('read');
        const [took] = await once(child, 'message');
        return distribution(took as number[]);
      },
    });
  } finally {
    child.kill();
  }
}

if (process.send && process.argv[1] === ENTRY) serve();

function serve(): void {
  const clock = threadClock();
  const timed = (rounds: number): number => {
    const start = clock();
    let sum = 0;
    for (let i = 0; i < rounds; i++) sum += Math.sqrt(i);
    return sum < 0 ? 0 : clock() - start;
  };
  let rounds = 1_000;
  while (Math.min(...Array.from({ length: 9 }, () => timed(rounds))) < 1) rounds *= 1.5;
  let took: number[] = [];
  setInterval(() => took.push(timed(rounds)), INTERVAL);
  process.on('message', () => {
    process.send!(took);
    took = [];
  });
  process.on('disconnect', () => process.exit());
  process.send!('ready');
}
