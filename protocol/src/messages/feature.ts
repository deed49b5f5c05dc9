/** Features: what is known of one, and how to find one. */
import { z } from 'zod';
import { request } from '../method.ts';
import { featureChoice, lane, modelChoice, name } from './common.ts';

const label = z.object({
  feature: z.number().int(),
  label: z.string(),
  source: z.string(),
  score: z.number().nullable(),
  metric: z.string().nullable(),
});

const tokenLogit = z.object({ id: z.number().int(), text: z.string(), logit: z.number() });

const hit = z.object({
  dictionary: z.string(),
  index: z.number().int(),
  label: z.string().nullable(),
  score: z.number().meta({ description: 'cosine for neighbours; 1 for an exact text match, less for a looser one' }),
});

const limit = z.number().int().min(1).max(1000).default(20);
const exampleLabel = { feature: 40, label: 'a sentence begins', source: 'me', score: null, metric: null };
const exampleHit = { dictionary: 'layer2', index: 40, label: 'a sentence begins', score: 1 };

export const featureGet = request({
  name: 'sonde/feature/get',
  summary: 'Tells what is known of a feature without running the model.',
  params: z.object({ ...featureChoice, lane, count: z.number().int().min(1).max(1000).default(10) }),
  result: z.object({
    dictionary: z.string(),
    index: z.number().int(),
    label: label.nullable(),
    d_sae: z.number().int(),
    decoder_norm: z.number(),
    encoder_decoder_cosine: z.number().nullable().meta({ description: 'null for transcoders' }),
    top_logits: z
      .array(tokenLogit)
      .nullable()
      .meta({ description: 'direct effect of the decoder row; null where it does not write to the residual stream' }),
    bottom_logits: z.array(tokenLogit).nullable(),
    neighbours: z.array(hit).meta({ description: 'most similar decoder rows' }),
  }),
  example: {
    params: { dictionary: 'layer2', feature: 40 },
    result: {
      dictionary: 'layer2',
      index: 40,
      label: exampleLabel,
      d_sae: 1024,
      decoder_norm: 1,
      encoder_decoder_cosine: 0.83,
      top_logits: [{ id: 17, text: 'The', logit: 1.9 }],
      bottom_logits: [{ id: 3, text: ',', logit: -0.7 }],
      neighbours: [],
    },
  },
});

export const featureSearch = request({
  name: 'sonde/feature/search',
  summary: 'Finds features by label or index, best first.',
  params: z.object({
    ...modelChoice,
    dictionary: name.optional().meta({ description: 'all that are attached when absent' }),
    query: z.string().max(1000),
    limit,
  }),
  result: z.object({ features: z.array(hit) }),
  example: { params: { query: 'sentence' }, result: { features: [exampleHit] } },
});

export const featureLabel = request({
  name: 'sonde/feature/label',
  summary: 'Sets a feature’s label; a null removes it.',
  params: z.object({ ...featureChoice, label: z.string().min(1).max(1000).nullable(), source: name.default('client') }),
  result: z.object({ label: label.nullable() }),
  example: {
    params: { dictionary: 'layer2', feature: 40, label: 'a sentence begins', source: 'me' },
    result: { label: exampleLabel },
  },
});

export const featureNeighbours = request({
  name: 'sonde/feature/neighbours',
  summary: 'Finds the features of the same dictionary whose decoder directions are nearest by cosine.',
  params: z.object({ ...featureChoice, lane, limit }),
  result: z.object({ features: z.array(hit) }),
  example: {
    params: { dictionary: 'layer2', feature: 41 },
    result: { features: [{ ...exampleHit, score: 0.61 }] },
  },
});
