/** What a text does inside a model: features, raw activations, logits. */
import { z } from 'zod';
import { request } from '../method.ts';
import { toWireTensor, WIRE_TENSOR } from '../tensor.ts';
import {
  dictionaryInfo,
  exampleDictionary,
  exampleModel,
  exampleToken,
  lane,
  modelChoice,
  modelInfo,
  name,
  textOptions,
  tokenInfo,
} from './common.ts';

const tokenFeatures = z.object({
  features: z
    .array(z.object({ index: z.number().int(), activation: z.number(), label: z.string().nullable() }))
    .meta({ description: 'strongest first, at most k' }),
  l0: z.number().int().meta({ description: 'all active features, those beyond k included' }),
  unexplained: z.number().nullable().meta({ description: '‖y − ŷ‖² / ‖y‖²; may exceed 1; null where ‖y‖ = 0' }),
});

const tokenPredictions = z.object({
  logprob: z.number().nullable().meta({ description: 'nats; null for the first token' }),
  next: z.array(z.object({ id: z.number().int(), text: z.string(), logprob: z.number() })),
});

const traceRun = z.object({
  bos: z.boolean(),
  from: z.number().int().meta({ description: 'position of the first reported token' }),
  tokens: z.array(tokenInfo),
  dictionaries: z.array(
    dictionaryInfo.extend({
      tokens: z.array(tokenFeatures),
      mean_l0: z.number().nullable(),
      fvu: z.number().nullable(),
    }),
  ),
  predictions: z.array(tokenPredictions).nullable(),
});

/** A stretch of one run's tokens; joined in order, stretches are what a whole result holds. */
const traceStretch = z.object({
  run: z.number().int().meta({ description: 'index in the result’s runs' }),
  tokens: z.array(tokenInfo),
  dictionaries: z.array(z.array(tokenFeatures)).meta({ description: 'in the order of the run’s dictionaries' }),
  predictions: z.array(tokenPredictions).nullable(),
});

export const traceFeatures = request({
  name: 'sonde/trace/features',
  summary:
    'Computes the features of every token of a text. With a partial result token the tokens are streamed in stretches and the result’s lists are empty.',
  params: z.object({
    ...modelChoice,
    ...textOptions,
    dictionaries: z.array(name).max(1024).optional().meta({ description: 'all that are attached when absent' }),
    k: z.number().int().min(1).max(1024).default(5).meta({ description: 'features per token and dictionary' }),
    predictions: z.number().int().min(0).max(100).default(0).meta({ description: 'likely next tokens per token' }),
    lane,
  }),
  result: z.object({
    model: modelInfo,
    device: z.string(),
    k: z.number().int(),
    runs: z.array(traceRun),
    warnings: z.array(z.string()),
  }),
  partial: traceStretch,
  example: {
    params: { text: 'The', k: 1 },
    result: {
      model: exampleModel,
      device: 'cpu',
      k: 1,
      runs: [
        {
          bos: false,
          from: 0,
          tokens: [exampleToken],
          dictionaries: [
            {
              ...exampleDictionary,
              tokens: [
                { features: [{ index: 40, activation: 2.5, label: 'a sentence begins' }], l0: 12, unexplained: 0.08 },
              ],
              mean_l0: 12,
              fvu: null,
            },
          ],
          predictions: null,
        },
      ],
      warnings: [],
    },
  },
});

const rawParams = { ...modelChoice, ...textOptions, lane };
const rawResult = { model: modelInfo, bos: z.boolean(), tokens: z.array(tokenInfo), warnings: z.array(z.string()) };
const exampleRaw = { model: exampleModel, bos: false, tokens: [exampleToken], warnings: [] };
const exampleTensor = toWireTensor({ dtype: 'float32', shape: [1, 1, 2], data: Float32Array.of(1, -2) });

export const traceActivations = request({
  name: 'sonde/trace/activations',
  summary:
    'Reads raw tensors at hooks, [1, pos, …] float32. With a partial result token each tensor is streamed and the result’s tensors are empty.',
  params: z.object({ ...rawParams, hooks: z.array(z.string().max(256)).min(1).max(256) }),
  result: z.object({ ...rawResult, tensors: z.record(z.string(), WIRE_TENSOR) }),
  partial: z.object({ hook: z.string(), tensor: WIRE_TENSOR }),
  example: {
    params: { text: 'The', hooks: ['blocks.2.hook_resid_post'] },
    result: { ...exampleRaw, tensors: { 'blocks.2.hook_resid_post': exampleTensor } },
  },
});

export const traceLogits = request({
  name: 'sonde/trace/logits',
  summary: 'Computes the logits at every reported position.',
  params: z.object(rawParams),
  result: z.object({ ...rawResult, logits: WIRE_TENSOR.meta({ description: '[1, pos, d_vocab] float32' }) }),
  example: { params: { text: 'The' }, result: { ...exampleRaw, logits: exampleTensor } },
});
