/** Progress of a training for people: a bar on a terminal, a line now and then elsewhere. */
import { Presets, SingleBar } from 'cli-progress';
import type { StepReport } from '../training/loop.ts';

export interface TrainingProgress {
  /** A new part begins. */
  part(name: string): void;
  step(report: StepReport): void;
  stop(): void;
}

/** Lines are this far apart where there is no terminal, ms. */
const LINE_EVERY = 15_000;

/** Shows the current part on stderr, with its loss and the time left. */
export function trainingProgress(): TrainingProgress {
  const bar = process.stderr.isTTY
    ? new SingleBar(
        {
          format: '{part} {bar} {value}/{total}  loss {loss}  {left} left',
          stream: process.stderr,
          hideCursor: true,
        },
        Presets.shades_grey,
      )
    : null;
  let name = '';
  let began = 0;
  let first = 0;
  let printed = 0;
  const stop = (): void => bar?.stop();
  return {
    part(next) {
      stop();
      name = next;
      began = 0;
      if (!bar) process.stderr.write(`${name}\n`);
    },
    step({ step, steps, values }) {
      const now = performance.now();
      if (began === 0) {
        began = now;
        first = step;
        printed = 0;
        bar?.start(steps, step, { part: name, loss: '', left: '' });
      }
      const left = step === first ? '…' : duration(((now - began) / (step - first)) * (steps - step));
      const loss = values.loss!.toFixed(4);
      bar?.update(step, { part: name, loss, left });
      if (bar || (now - printed < LINE_EVERY && step < steps)) return;
      printed = now;
      const others = Object.entries(values)
        .filter(([key]) => key !== 'loss')
        .map(([key, value]) => `${key} ${value.toPrecision(3)}`);
      process.stderr.write(`${name} ${step}/${steps}  loss ${loss}  ${others.join('  ')}  ${left} left\n`);
    },
    stop,
  };
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
