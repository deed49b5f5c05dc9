/** What a dictionary's training is told: the schema of `sonde train-dictionary`'s file, with its defaults. */
import { z } from 'zod';
import { SondeError } from '../../core/errors.ts';
import { parseHook } from '../../core/hook-name.ts';
import { hookWidth } from '../../dictionary/fits.ts';
import { hookModel } from '../../graph/hooks.ts';
import type { ModelSpec } from '../../model/spec.ts';
import { checkBytes } from '../fit.ts';

const count = z.int().positive();
const share = z.number().min(0).max(1);

/** Fields that do not depend on where model and text come from. */
export const dictionaryTrainingSchema = z.strictObject({
  hook: z.string().describe('hook that is read and reconstructed, such as blocks.3.hook_resid_post'),
  architecture: z.enum(['topk', 'jumprelu']).default('topk'),
  d_sae: count,
  k: count.default(16).describe('active features of topk'),
  l0_coefficient: z
    .number()
    .nonnegative()
    .default(1e-3)
    .describe('weight of the mean L0 beside the mean squared error'),
  threshold: z.number().positive().default(0.1).describe('first threshold of jumprelu, in normalised units'),
  bandwidth: z.number().positive().default(0.1).describe('width of the estimator’s window about the threshold'),
  normalize_activations: z.enum(['expected_average_only_in', 'none']).default('expected_average_only_in'),
  seed: z.int().nonnegative().default(1),
  tokens: count.describe('positions trained on, repetitions included'),
  batch: count.default(2048),
  learning_rate: z.number().positive().default(1e-3),
  warmup: share.default(0.03).describe('share of steps'),
  decay: share.default(0.3).describe('share of steps over which the rate falls to zero'),
  l0_warmup: share.default(0.2).describe('share of steps over which the penalty grows'),
  context_size: count.default(128),
  prepend_bos: z.boolean().default(true),
  buffer_tokens: count.default(131_072).describe('positions held and shuffled at once'),
  passes: count.default(1).describe('times that a buffer is used before it is filled again'),
  revive_every: z.int().nonnegative().default(100).describe('steps after which silent features start anew; 0 never'),
  revive_until: share.default(0.7).describe('share of steps'),
  checkpoint_every: count.default(200),
});

export type DictionaryTraining = z.infer<typeof dictionaryTrainingSchema>;

/** Steps of a run. */
export function dictionarySteps({ tokens, batch }: DictionaryTraining): number {
  return Math.max(1, Math.round(tokens / batch));
}

/** Parameters, gradients, two moments; old and new side by side. */
const COPIES_OF_WEIGHTS = 8;
/** Dense [batch, d_sae] tensors of a step. */
const COPIES_OF_CODES = 10;

/**
 * The width of the hook, once the config fits the model.
 * @throws unknown-hook; invalid-params naming the field; too-large when the step would exceed `limit` bytes.
 */
export function checkDictionaryTraining(config: DictionaryTraining, spec: ModelSpec, limit: number): number {
  const hook = parseHook(config.hook, hookModel(spec));
  const d_in = hookWidth(hook, spec);
  const refuse = (field: string, found: unknown, expected: string): never => {
    throw new SondeError('invalid-params', `${field} is ${found}; expected ${expected}.`, { field, found, expected });
  };
  if (d_in === null || !hook.definition.writable) {
    return refuse('hook', config.hook, 'a hook that can be written and has one vector per position');
  }
  if (config.architecture === 'topk' && config.k > config.d_sae)
    refuse('k', config.k, `at most d_sae, ${config.d_sae}`);
  if (config.context_size > spec.n_ctx) refuse('context_size', config.context_size, `at most n_ctx, ${spec.n_ctx}`);
  if (config.buffer_tokens < config.batch)
    refuse('buffer_tokens', config.buffer_tokens, `at least batch, ${config.batch}`);
  const floats =
    COPIES_OF_WEIGHTS * 2 * d_in * config.d_sae +
    COPIES_OF_CODES * config.batch * config.d_sae +
    config.buffer_tokens * d_in;
  checkBytes(4 * floats, limit, 'training this dictionary', 'Lower d_sae, batch or buffer_tokens.');
  return d_in;
}
