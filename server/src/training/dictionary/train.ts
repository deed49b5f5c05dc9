/** Trains a dictionary on a model's activations, from the last checkpoint where there is one, and writes it. */
import { join } from 'node:path';
import type { Runner } from '../../core/runner.ts';
import { float32, type Tensor } from '../../core/tensor.ts';
import type { ModelHandle } from '../../methods/model-handle.ts';
import { configDigest } from '../checkpoint.ts';
import { runTraining, type StepReport } from '../loop.ts';
import { openState } from '../state.ts';
import { openActivations, STREAM_START, type StreamPosition, type TokenSource } from './activations.ts';
import { checkDictionaryTraining, type DictionaryTraining, dictionarySteps } from './config.ts';
import { type DictionaryOrigin, exportDictionary } from './export.ts';
import { initialDictionary, reviveSilent } from './initial.ts';
import { DICTIONARY_OPTIMIZER, dictionaryStep, SPARSITY_INPUT } from './step.ts';

export interface DictionaryRun {
  readonly config: DictionaryTraining;
  readonly source: TokenSource;
  readonly origin: DictionaryOrigin;
  /** Gets cfg.json and sae_weights.safetensors. */
  readonly out: string;
  /** Gets checkpoint and log. */
  readonly work: string;
  /** Bytes that the step may take. */
  readonly memoryLimit: number;
  readonly onStep?: (report: StepReport) => void;
}

/**
 * Trains and writes.
 * @throws as checkDictionaryTraining and runTraining do.
 */
export async function trainDictionary(
  runner: Runner,
  model: ModelHandle,
  run: DictionaryRun,
  signal?: AbortSignal,
): Promise<void> {
  const { config } = run;
  const d_in = checkDictionaryTraining(config, model.spec, run.memoryLimit);
  const steps = dictionarySteps(config);
  const stream = await openActivations(runner, model, run.source, { ...config, d_in });
  try {
    const state = await openState(runner, dictionaryStep(config, d_in, runner.device === 'cpu' ? 'cpu' : 'gpu'));
    try {
      await runTraining(
        state,
        {
          folder: run.work,
          digest: configDigest({ config, model: model.digest, origin: run.origin }),
          schedule: {
            peak: config.learning_rate,
            warmup: Math.max(1, Math.round(config.warmup * steps)),
            steps,
            shape: 'linear',
            decay: config.decay,
            floor: 0,
          },
          betas: [DICTIONARY_OPTIMIZER.beta1, DICTIONARY_OPTIMIZER.beta2],
          checkpointEvery: config.checkpoint_every,
          start: STREAM_START,
          initial: async () => initialDictionary(config, await stream.buffer(STREAM_START)),
          async batch(position, step) {
            const { x, next } = await stream.batch(position as StreamPosition);
            return { feeds: { x, ...sparsityFeeds(config, step, steps) }, next };
          },
          reports: ['loss', 'mse', 'l0', 'silent', 'norm'],
          extra: (step) => (revives(config, step, steps) ? ['error'] : []),
          async afterStep(step, outputs) {
            if (!revives(config, step, steps)) return;
            await reviveSilent(config, state, outputs.error as Tensor<'float32'>, step);
          },
          ...(run.onStep ? { onStep: run.onStep } : {}),
        },
        signal,
      );
      exportDictionary(run.out, config, d_in, run.origin, await state.read());
    } finally {
      await state.close();
    }
  } finally {
    await stream.close();
  }
}

/** Folder for checkpoints beside a dictionary's own folder. */
export function workFolder(out: string): string {
  return join(out, '.training');
}

function revives({ revive_every, revive_until }: DictionaryTraining, step: number, steps: number): boolean {
  return revive_every > 0 && (step + 1) % revive_every === 0 && step < revive_until * steps;
}

function sparsityFeeds(config: DictionaryTraining, step: number, steps: number): Record<string, Tensor> {
  if (config.architecture !== 'jumprelu') return {};
  const grown = config.l0_warmup === 0 ? 1 : Math.min(1, (step + 1) / (config.l0_warmup * steps));
  return { [SPARSITY_INPUT]: float32([], [config.l0_coefficient * grown]) };
}
