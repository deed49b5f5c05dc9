/**
 * Preloaded into a daemon (`node --import`): CPU time of its main thread, turn by turn of the event loop. Wall time would
 * count what other processes of a shared machine take. A turn is all that runs between two polls, so a task takes at most
 * what its turn takes.
 */
import { meterAnswers } from './answer-meter.js';
import { threadClock } from './thread-clock.js';

/** What the daemon answers when its parent asks: turns since it was last asked. */
export interface Turns {
  readonly count: number;
  /** Milliseconds of CPU time of the turns that took at least SHORTEST, in order. */
  readonly cpu: readonly number[];
  /** When the longest began, microseconds of the monotonic clock: a CPU profile counts the same. */
  readonly longestAt: number;
}

/** Asks for the times of answers instead. */
export const ANSWERS = 'answers';

/** Turns below it are counted, and no more. */
const SHORTEST = 0.5;

// The runtime's process inherits the preload; it has no event loop that anybody waits for.
if (process.argv[2] === 'serve' && process.send) meter();

function meter(): void {
  const clock = threadClock();
  const answers = meterAnswers();
  const begun = process.hrtime.bigint();
  let count = 0;
  let cpu: number[] = [];
  let longestAt = 0;
  let longest = 0;
  let last = clock();
  let at = begun;

  function turn(): void {
    const now = clock();
    const took = now - last;
    count++;
    if (took >= SHORTEST) cpu.push(took);
    if (took > longest) {
      longest = took;
      longestAt = Number(at / 1000n);
    }
    // The measurement is no part of the next turn.
    last = clock();
    at = process.hrtime.bigint();
    again();
  }
  // One that is not referenced runs once a turn, behind the poll, and does not keep the loop from waiting there.
  const again = (): NodeJS.Immediate => setImmediate(turn).unref();

  again();
  process.on('message', (what) => {
    if (what === ANSWERS) return process.send!(answers());
    process.send!({ count, cpu, longestAt } satisfies Turns);
    [count, cpu, longest] = [0, [], 0];
  });
  process.channel!.unref();
}
