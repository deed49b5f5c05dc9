/** A model small enough to train in a test, and what a test needs around it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createRandom } from '../../server/src/core/random.ts';
import type { Runner } from '../../server/src/core/runner.ts';
import { int64, type Tensor } from '../../server/src/core/tensor.ts';
import { readModelSpec } from '../../server/src/model/architectures/registry.ts';
import type { ModelSpec } from '../../server/src/model/spec.ts';
import type { TrainingRun } from '../../server/src/training/loop.ts';
import { initialWeights, type MatrixOptimizer, modelStep } from '../../server/src/training/model-step.ts';
import { openState, type ResidentState } from '../../server/src/training/state.ts';

export const MICRO_VOCABULARY = 13;

/** One block of width 8. */
export function microSpec(): ModelSpec {
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: MICRO_VOCABULARY,
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 2,
    hidden_act: 'silu',
    max_position_embeddings: 16,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
  };
  return readModelSpec(config, 'config.json', new Set(['model.embed_tokens.weight']));
}

export const MICRO_OPTIMIZER = {
  beta1: 0.9,
  beta2: 0.98,
  eps: 1e-8,
  weight_decay: 0.1,
  clip: 1,
  muon_rate: 1,
} as const;

/** Opens a micro model's step; the test closes it. */
export function openMicro(runner: Runner, matrices: MatrixOptimizer = 'adam'): Promise<ResidentState> {
  const target = runner.device === 'cpu' ? 'cpu' : 'gpu';
  return openState(runner, modelStep(microSpec(), MICRO_OPTIMIZER, matrices, target));
}

/** Fresh weights of the micro model. */
export function microWeights(): Map<string, Tensor> {
  return initialWeights(microSpec(), createRandom(3));
}

/** Batch number `index`: 4 rows of 6 tokens, the next token two steps up the ring of ids, now and then another. */
export function microBatch(index: number): Record<string, Tensor> {
  const random = createRandom(11, index);
  const rows = Array.from({ length: 4 }, () => {
    let id = Math.floor(random.next() * MICRO_VOCABULARY);
    return Array.from({ length: 7 }, () => {
      id = random.next() < 0.1 ? Math.floor(random.next() * MICRO_VOCABULARY) : (id + 2) % MICRO_VOCABULARY;
      return id;
    });
  });
  const part = (from: number, to?: number) =>
    int64(
      [4, 6],
      rows.flatMap((row) => row.slice(from, to)),
    );
  return { tokens: part(0, -1), targets: part(1) };
}

/** A run over the micro batches. */
export function microRun(folder: string, steps: number, more: Partial<TrainingRun> = {}): TrainingRun {
  return {
    folder,
    digest: 'micro',
    schedule: { peak: 0.02, warmup: 3, steps, shape: 'cosine', decay: 0, floor: 0 },
    betas: [MICRO_OPTIMIZER.beta1, MICRO_OPTIMIZER.beta2],
    checkpointEvery: 4,
    initial: microWeights,
    start: 0,
    batch: (position) => ({ feeds: microBatch(position as number), next: (position as number) + 1 }),
    reports: ['loss', 'norm'],
    ...more,
  };
}

/** A folder that is removed after the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-training-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
