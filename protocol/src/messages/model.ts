/** Models. */
import { z } from 'zod';
import { request } from '../method.ts';
import { exampleModel, modelInfo, name } from './common.ts';

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

export const modelUnload = request({
  name: 'sonde/model/unload',
  summary: 'Unloads a model with its dictionaries and frees what they held.',
  params: z.object({ model: name }),
  result: z.null(),
  example: { params: { model: 'tinyworld' }, result: null },
});
