/** Models. */
import { z } from 'zod';
import { request } from '../method.ts';
import { exampleModel, modelChoice, modelInfo, name, textOptions } from './common.ts';

export const modelLoad = request({
  name: 'sonde/model/load',
  summary: 'Loads a model by path or hub id; the path lies inside the roots.',
  params: z.object({ name: name.meta({ description: 'path, hub id in the local cache, or the embedded model' }) }),
  result: modelInfo,
  example: { params: { name: 'tinyworld' }, result: exampleModel },
});

export const modelList = request({
  name: 'sonde/model/list',
  summary: 'Lists the loaded models.',
  params: z.object({}),
  result: z.object({ models: z.array(modelInfo) }),
  example: { params: {}, result: { models: [exampleModel] } },
});

export const modelVerify = request({
  name: 'sonde/model/verify',
  summary: 'Checks identities that hold on any model’s own tensors, over a text.',
  params: z.object({ ...modelChoice, text: textOptions.text }),
  result: z.object({
    identities: z.array(
      z.object({
        name: z.string(),
        error: z.number().nullable().meta({ description: 'null where it is not finite' }),
        tolerance: z.number(),
        holds: z.boolean(),
      }),
    ),
  }),
  example: {
    params: { text: 'The' },
    result: {
      identities: [{ name: 'hook_resid_post is the sum of its parts', error: 1.2e-7, tolerance: 2e-4, holds: true }],
    },
  },
});

export const modelUnload = request({
  name: 'sonde/model/unload',
  summary: 'Unloads a model with its dictionaries and frees what they held.',
  params: z.object({ model: name }),
  result: z.null(),
  example: { params: { model: 'tinyworld' }, result: null },
});
