/** Dictionaries: SAEs and transcoders attached to a model. */
import { z } from 'zod';
import { request } from '../method.ts';
import { dictionaryChoice, dictionaryInfo, exampleDictionary, lane, modelChoice, name } from './common.ts';

export const dictionaryLoad = request({
  name: 'sonde/dictionary/load',
  summary: 'Attaches the dictionary, or the set of dictionaries, of a folder to a model.',
  params: z.object({
    ...modelChoice,
    path: name.meta({ description: 'path, or hub id with sub-folder' }),
    fold: z.boolean().optional().meta({ description: 'multiply activations by decoder norms; the usual when absent' }),
    center: z.boolean().optional().meta({ description: 'subtract the mean over d_model first; as the files say' }),
    hook_in: z.string().max(256).optional().meta({ description: 'where it reads, if the files do not tell' }),
    hook_out: z.string().max(256).optional(),
    name: name.optional().meta({ description: 'name in results' }),
    layer: z.number().int().nonnegative().optional().meta({ description: 'one block of a set' }),
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

const fit = z.object({
  fvu: z.number().meta({ description: '1 is what the mean predicts' }),
  l0: z.number(),
  positions: z.number().int(),
});
const place = { hook_in: z.string(), hook_out: z.string() };

/** What was measured, and the verdict. */
export const fitReport = fit.extend({
  ...place,
  d_sae: z.number().int(),
  declared_l0: z.number().nullable(),
  permuted: fit.meta({ description: 'with the encoder rows permuted' }),
  neighbours: z.array(fit.extend(place)),
  alternatives: z.array(fit.extend({ name: z.string() })).meta({ description: 'other readings of the file' }),
  status: z.enum(['fits', 'misfit']),
  cause: z.string(),
  better: z.string().nullable().meta({ description: 'the alternative reading that fits better' }),
});

export const dictionaryCheck = request({
  name: 'sonde/dictionary/check',
  summary: 'Checks on calibration text whether a dictionary fits the hook it is attached to.',
  params: z.object({ ...dictionaryChoice, lane }),
  result: fitReport,
  progress: true,
  example: {
    params: { dictionary: 'layer4' },
    result: {
      hook_in: 'blocks.4.mlp.hook_out',
      hook_out: 'blocks.4.mlp.hook_out',
      d_sae: 1024,
      declared_l0: 60,
      fvu: 9.8,
      l0: 61.2,
      positions: 1024,
      permuted: { fvu: 11.3, l0: 60.9, positions: 1024 },
      neighbours: [
        { hook_in: 'blocks.4.hook_mlp_out', hook_out: 'blocks.4.hook_mlp_out', fvu: 0.26, l0: 58.1, positions: 1024 },
      ],
      alternatives: [],
      status: 'misfit',
      cause: 'FVU 9.8 at blocks.4.mlp.hook_out, 0.26 at blocks.4.hook_mlp_out',
      better: null,
    },
  },
});
