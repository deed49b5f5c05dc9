/** dictionary_learning `config.json`: trainer and buffer (saprmarks/dictionary_learning, `trainers/*.py` config properties). */
import { z } from 'zod';
import { parseJsonShape } from './json.ts';

export interface DictionaryLearningConfig {
  /** As declared: AutoEncoder, AutoEncoderNew, GatedAutoEncoder, AutoEncoderTopK, BatchTopKSAE, … */
  readonly dict_class: string;
  readonly trainer_class: string | null;
  /** d_in. */
  readonly activation_dim: number;
  /** d_sae. */
  readonly dict_size: number;
  readonly k: number | null;
  /** Block whose output is read unless `submodule_name` tells otherwise. */
  readonly layer: number | null;
  readonly lm_name: string | null;
  readonly submodule_name: string | null;
  /** Matryoshka groups, features each. */
  readonly group_sizes: readonly number[] | null;
  /** The buffer's context length, tokens. */
  readonly ctx_len: number | null;
}

const size = z.int().positive();
const schema = z.looseObject({
  trainer: z.looseObject({
    dict_class: z.string(),
    trainer_class: z.string().nullish(),
    activation_dim: size,
    dict_size: size,
    k: size.nullish(),
    layer: z.int().nonnegative().nullish(),
    lm_name: z.string().nullish(),
    submodule_name: z.string().nullish(),
    group_sizes: z.array(size).nullish(),
  }),
  buffer: z.looseObject({ ctx_len: size.nullish() }).nullish(),
});

/** Reads a `config.json`. @throws corrupt-file for a wrong shape. */
export function parseDictionaryLearningConfig(text: string, path: string): DictionaryLearningConfig {
  const { trainer, buffer } = parseJsonShape(schema, text, path);
  return {
    dict_class: trainer.dict_class,
    trainer_class: trainer.trainer_class ?? null,
    activation_dim: trainer.activation_dim,
    dict_size: trainer.dict_size,
    k: trainer.k ?? null,
    layer: trainer.layer ?? null,
    lm_name: trainer.lm_name ?? null,
    submodule_name: trainer.submodule_name ?? null,
    group_sizes: trainer.group_sizes ?? null,
    ctx_len: buffer?.ctx_len ?? null,
  };
}
