/** Dictionaries: SAEs and transcoders attached to a model. */
import { z } from 'zod';
import { request } from '../method.ts';
import { dictionaryChoice, dictionaryInfo, exampleDictionary, modelChoice, name } from './common.ts';

export const dictionaryLoad = request({
  name: 'sonde/dictionary/load',
  summary: 'Attaches the dictionary, or the set of dictionaries, of a folder to a model.',
  params: z.object({
    ...modelChoice,
    path: name.meta({ description: 'path, or hub id with sub-folder' }),
    hook: z.string().max(256).optional().meta({ description: 'where the files do not say which hook it reads' }),
    fold: z.boolean().optional().meta({ description: 'fold decoder norms into activations; true when absent' }),
  }),
  result: z.object({ dictionaries: z.array(dictionaryInfo) }),
  example: { params: { path: 'dictionaries/layer2' }, result: { dictionaries: [exampleDictionary] } },
});

export const dictionaryList = request({
  name: 'sonde/dictionary/list',
  summary: 'Lists the dictionaries attached to a model.',
  params: z.object(modelChoice),
  result: z.object({ dictionaries: z.array(dictionaryInfo) }),
  example: { params: {}, result: { dictionaries: [exampleDictionary] } },
});

export const dictionaryUnload = request({
  name: 'sonde/dictionary/unload',
  summary: 'Detaches a dictionary from its model.',
  params: z.object(dictionaryChoice),
  result: z.null(),
  example: { params: { dictionary: 'layer2' }, result: null },
});

/** Numbers of a fit check. */
export const fitReport = z.object({
  dictionary: z.string(),
  fit: z.enum(['fits', 'misfit']),
  tokens: z.number().int().meta({ description: 'counted positions of the calibration text' }),
  l0: z.number(),
  declared_l0: z.number().nullable(),
  fvu: z.number(),
  permuted_fvu: z.number().meta({ description: 'with the encoder rows permuted' }),
  neighbours: z.array(z.object({ hook: z.string(), fvu: z.number() })),
  causes: z.array(z.string()).meta({ description: 'likely causes of a misfit' }),
});

export const dictionaryCheck = request({
  name: 'sonde/dictionary/check',
  summary: 'Checks on calibration text whether a dictionary fits the hook it is attached to.',
  params: z.object(dictionaryChoice),
  result: fitReport,
  progress: true,
  example: {
    params: { dictionary: 'layer2' },
    result: {
      dictionary: 'layer2',
      fit: 'misfit',
      tokens: 1024,
      l0: 61.2,
      declared_l0: 60,
      fvu: 9.8,
      permuted_fvu: 11.3,
      neighbours: [{ hook: 'blocks.4.hook_mlp_out', fvu: 0.26 }],
      causes: ['FVU 9.8 at blocks.4.mlp.hook_out, 0.26 at blocks.4.hook_mlp_out'],
    },
  },
});
