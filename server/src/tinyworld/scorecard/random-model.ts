/** The model as it was before training, with dictionaries of its own: structure without learning. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../core/random.ts';
import type { Runner } from '../../core/runner.ts';
import type { Dictionary } from '../../dictionary/dictionary.ts';
import { openDictionary } from '../../dictionary/open.ts';
import type { ModelHandle } from '../../methods/model-handle.ts';
import type { DictionaryTraining } from '../../training/dictionary/config.ts';
import { trainDictionary } from '../../training/dictionary/train.ts';
import { initialWeights } from '../../training/model-step.ts';
import type { Encoder } from '../encode.ts';
import { DICTIONARY_TEXT } from '../train.ts';
import { documentSource, FIRST_UNSEEN } from '../train-data.ts';

/** The untrained weights of a seed, in memory. */
export function untrainedModel(model: ModelHandle, seed: number): ModelHandle {
  const weights = initialWeights(model.spec, createRandom(seed, FIRST_UNSEEN));
  return {
    spec: model.spec,
    digest: `untrained ${seed} ${model.digest}`,
    weights(name) {
      const found = weights.get(name);
      return found ? { kind: 'memory', dtype: found.dtype, shape: found.shape, data: found.data } : model.weights(name);
    },
  };
}

/** Trains a dictionary as the trained model's was, in a passing folder, which `use` sees and nobody afterwards. */
export async function withUntrainedDictionary<T>(
  runner: Runner,
  model: ModelHandle,
  encoder: Encoder,
  config: DictionaryTraining,
  use: (dictionary: Dictionary) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-untrained-'));
  try {
    const out = join(folder, 'dictionary');
    await trainDictionary(
      runner,
      model,
      {
        config,
        source: documentSource(encoder, config.seed, DICTIONARY_TEXT, config.context_size),
        origin: { model_name: 'tinyworld, untrained', dataset_path: `tinyworld, seed ${config.seed}` },
        out,
        work: join(folder, 'work'),
        memoryLimit: Number.POSITIVE_INFINITY,
      },
      signal,
    );
    return await use(openDictionary(out, model.spec)[0]!);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
