/** A progress bar on stderr for work that takes longer than a breath; silent where stderr is no terminal. */
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** Shows `done` of `total`, with a word for what is under way. */
  update(done: number, total: number, what?: string): void;
  /** Removes the bar; may be called twice. */
  stop(): void;
}

/** A bar with a title; it appears with its first update. */
export function progressBar(title: string): Progress {
  const format = `${title} {bar} {percentage} % {what}`;
  const bar = new SingleBar(
    { format, clearOnComplete: true, hideCursor: true, stream: process.stderr },
    Presets.shades_classic,
  );
  let running = false;
  return {
    update(done, total, what = '') {
      if (running) bar.update(done, { what });
      else bar.start(total, done, { what });
      running = true;
    },
    stop() {
      if (running) bar.stop();
      running = false;
    },
  };
}
