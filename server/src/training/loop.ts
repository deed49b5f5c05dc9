/**
 * The training loop: batches in, losses out, checkpoints between. A batch is a function of the data's position alone, so
 * a run that was interrupted goes on to the same weights, bit for bit. The next batch is made while a step runs.
 * Deliberately absent: what is trained and on what.
 */
import { join } from 'node:path';
import { SondeError } from '../core/errors.ts';
import { float32, type Tensor } from '../core/tensor.ts';
import { fileSize, readText } from '../files/file-reader.ts';
import { appendLine, writeAtomically } from '../files/file-writer.ts';
import { CHECKPOINT_FILE, loadCheckpoint, type Position, saveCheckpoint } from './checkpoint.ts';
import { STEP_INPUTS } from './optimizer.ts';
import { learningRate, type Schedule } from './schedule.ts';
import type { ResidentState } from './state.ts';

/** One step's feeds, and where the data goes on. */
export interface Batch {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly next: Position;
}

/** What a step reported; `loss` is among the numbers. */
export interface StepReport {
  /** Steps done, this one included. */
  readonly step: number;
  readonly steps: number;
  readonly lr: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface TrainingRun {
  /** Gets the checkpoint and `log.jsonl`. */
  readonly folder: string;
  readonly digest: string;
  readonly schedule: Schedule;
  readonly betas: readonly [number, number];
  readonly checkpointEvery: number;
  /** State of a fresh run; absent tensors are zeros. */
  readonly initial: () => ReadonlyMap<string, Tensor> | Promise<ReadonlyMap<string, Tensor>>;
  readonly start: Position;
  readonly batch: (position: Position, step: number) => Batch | Promise<Batch>;
  /** Scalar outputs that are logged; must hold `loss`. */
  readonly reports: readonly string[];
  /** Other outputs of step `step`, for `afterStep`. */
  readonly extra?: (step: number) => readonly string[];
  /** May change the state between steps; a function of its arguments alone. */
  readonly afterStep?: (
    step: number,
    outputs: Readonly<Record<string, Tensor>>,
    feeds: Batch['feeds'],
    state: ResidentState,
  ) => Promise<void>;
  readonly onStep?: (report: StepReport) => void;
}

/**
 * Trains to the last step, from the folder's checkpoint where there is one; returns the steps that were done before.
 * @throws non-finite when the loss or the gradients are no numbers, naming the step and the last good checkpoint;
 *   cancelled by the signal, after a checkpoint of all that was done.
 */
export async function runTraining(state: ResidentState, run: TrainingRun, signal?: AbortSignal): Promise<number> {
  const { folder, digest, schedule, reports } = run;
  const known = loadCheckpoint(folder, digest, state.shapes);
  const first = known?.step ?? 0;
  let position = known?.position ?? run.start;
  let saved = first;
  await state.load(known?.tensors ?? withZeros(state, await run.initial()));
  trimLog(logPath(folder), first);
  const save = async (step: number): Promise<void> => {
    if (step > saved) saveCheckpoint(folder, digest, { step, position, tensors: await state.read() });
    saved = step;
  };
  let waiting = first < schedule.steps ? prepare(run, position, first) : null;
  for (let step = first; step < schedule.steps; step++) {
    if (signal?.aborted) {
      await save(step);
      throw new SondeError(
        'cancelled',
        `Stopped after step ${step} of ${schedule.steps}; run the same command to go on.`,
        {
          step,
        },
      );
    }
    const batch = await waiting!;
    const lr = learningRate(schedule, step);
    const fetches = [...reports, ...(run.extra?.(step) ?? [])];
    const running = state.step({ ...batch.feeds, ...stepFeeds(lr, run.betas, step) }, fetches);
    waiting = step + 1 < schedule.steps ? prepare(run, batch.next, step + 1) : null;
    const outputs = await running;
    const values = Object.fromEntries(reports.map((name) => [name, outputs[name]!.data[0] as number]));
    const bad = reports.find((name) => !Number.isFinite(values[name]!));
    if (bad !== undefined) notFinite(folder, step + 1, bad, values[bad]!, saved);
    await run.afterStep?.(step, outputs, batch.feeds, state);
    position = batch.next;
    const report = { step: step + 1, steps: schedule.steps, lr, values };
    appendLine(logPath(folder), JSON.stringify({ step: step + 1, lr, ...values }));
    if ((step + 1) % run.checkpointEvery === 0 || step + 1 === schedule.steps) await save(step + 1);
    run.onStep?.(report);
  }
  return first;
}

/** Starts making a batch; a failure is thrown where it is awaited. */
function prepare(run: TrainingRun, position: Position, step: number): Promise<Batch> {
  const made = (async () => run.batch(position, step))();
  made.catch(() => {});
  return made;
}

/** Feeds of the optimiser's scalars at a step counted from 0. */
export function stepFeeds(lr: number, [beta1, beta2]: readonly [number, number], step: number): Record<string, Tensor> {
  return {
    [STEP_INPUTS.lr]: float32([], [lr]),
    [STEP_INPUTS.unbias1]: float32([], [1 / (1 - beta1 ** (step + 1))]),
    [STEP_INPUTS.unbias2]: float32([], [1 / (1 - beta2 ** (step + 1))]),
  };
}

function withZeros({ shapes }: ResidentState, given: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map(
    [...shapes].map(([name, shape]) => [
      name,
      given.get(name) ?? float32(shape, new Float32Array(shape.reduce((a, b) => a * b, 1))),
    ]),
  );
}

function logPath(folder: string): string {
  return join(folder, 'log.jsonl');
}

/** Drops what an interrupted run logged after its last checkpoint. */
function trimLog(path: string, step: number): void {
  if (fileSize(path) === null) return;
  const lines = readText(path).split('\n').slice(0, step);
  writeAtomically(path, lines.map((line) => `${line}\n`).join(''));
}

function notFinite(folder: string, step: number, name: string, found: number, saved: number): never {
  const path = join(folder, CHECKPOINT_FILE);
  const last = saved > 0 ? `The last good checkpoint is of step ${saved}: ${path}.` : 'There is no checkpoint yet.';
  throw new SondeError(
    'non-finite',
    `The ${name} became ${found} at step ${step}. ${last} Lower the learning rate or the clipping norm.`,
    { step, found: String(found), checkpoint: saved > 0 ? { step: saved, path } : null },
  );
}
