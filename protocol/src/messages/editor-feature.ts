/** What an editor asks about a feature: its page, evidence from the workspace, labels, pins. */
import { z } from 'zod';
import { notification, request } from '../method.ts';
import {
  exampleFeature,
  exampleNamed,
  exampleRange,
  exampleUri,
  featureRates,
  featureRef,
  namedFeature,
  range,
  uri,
} from './editor-common.ts';

const tokenLogit = z.object({ text: z.string(), logit: z.number() });

export const editorPage = request({
  name: 'sonde/editor/page',
  summary: 'Tells what the weights and the calibration text say of a feature.',
  params: z.object({
    uri: uri.optional().meta({ description: 'a document whose model is meant' }),
    feature: featureRef,
  }),
  result: z.object({
    model: z.string(),
    feature: namedFeature,
    labelMetric: z.string().nullable(),
    rates: featureRates,
    calibrationTokens: z.number().int().meta({ description: 'counted tokens behind the rates; 0 until measured' }),
    dictionary: z.object({
      name: z.string(),
      path: z.string(),
      architecture: z.string(),
      hook_in: z.string(),
      hook_out: z.string(),
      d_sae: z.number().int(),
      folding: z.string(),
      prepend_bos: z.boolean().nullable(),
      fit: z.object({
        status: z.string(),
        fvu: z.number().nullable(),
        l0: z.number().nullable(),
        cause: z.string().nullable(),
      }),
    }),
    decoder_norm: z.number(),
    encoder_decoder_cosine: z.number().nullable().meta({ description: 'null for transcoders' }),
    logitConvention: z.string().meta({ description: 'what the logits are, in a sentence' }),
    top_logits: z.array(tokenLogit).nullable(),
    bottom_logits: z.array(tokenLogit).nullable(),
    neighbours: z.array(namedFeature.extend({ cosine: z.number() })),
    pinned: z.boolean(),
  }),
  example: {
    params: { feature: exampleFeature },
    result: {
      model: 'tinyworld',
      feature: exampleNamed,
      labelMetric: 'mcc',
      rates: { density: 0.02, max: 7.5, dense: false, bosOnly: false },
      calibrationTokens: 1400,
      dictionary: {
        name: 'layer2',
        path: '/opt/sonde/models/tinyworld/dictionaries/layer_2',
        architecture: 'topk',
        hook_in: 'blocks.2.hook_resid_post',
        hook_out: 'blocks.2.hook_resid_post',
        d_sae: 768,
        folding: 'unit',
        prepend_bos: true,
        fit: { status: 'fits', fvu: 0.04, l0: 15.5, cause: null },
      },
      decoder_norm: 1,
      encoder_decoder_cosine: 0.83,
      logitConvention: 'direct effect through the final norm’s gain',
      top_logits: [{ text: 'The', logit: 1.9 }],
      bottom_logits: [],
      neighbours: [{ ...exampleNamed, index: 41, cosine: 0.61 }],
      pinned: false,
    },
  },
});

const example = z.object({
  uri,
  range: range.nullable().meta({ description: 'the token' }),
  activation: z.number(),
  tokens: z
    .array(z.object({ text: z.string(), activation: z.number() }))
    .meta({ description: 'the token with its surroundings' }),
  at: z.number().int().meta({ description: 'index of the token among `tokens`' }),
});

export const editorEvidence = request({
  name: 'sonde/editor/evidence',
  summary: 'Looks for a feature in the workspace: histogram, examples by quantile of activation, near misses.',
  params: z.object({
    uri: uri.optional(),
    feature: featureRef,
    perQuantile: z.number().int().min(1).max(50).default(5),
  }),
  progress: true,
  result: z.object({
    texts: z.number().int(),
    tokens: z.number().int(),
    firing: z.number().int(),
    /** Equal-width bins from 0 to the largest activation; counts of firing tokens. */
    histogram: z.object({ max: z.number(), counts: z.array(z.number().int()) }),
    quantiles: z
      .array(z.object({ name: z.string(), examples: z.array(example) }))
      .meta({ description: 'strongest quarter first' }),
    nearMisses: z
      .array(example)
      .meta({ description: 'the same words as where it fires, and yet silent; each with the surroundings' }),
    files: z.object({ read: z.number().int(), skipped: z.number().int(), why: z.array(z.string()) }),
    truncated: z.boolean().meta({ description: 'the workspace holds more than was looked at' }),
  }),
  example: {
    params: { feature: exampleFeature },
    result: {
      texts: 1,
      tokens: 14,
      firing: 1,
      histogram: { max: 2.5, counts: [0, 1] },
      quantiles: [
        {
          name: 'top quarter',
          examples: [
            {
              uri: exampleUri,
              range: exampleRange,
              activation: 2.5,
              tokens: [{ text: 'Hello', activation: 0 }],
              at: 0,
            },
          ],
        },
      ],
      nearMisses: [],
      files: { read: 1, skipped: 0, why: [] },
      truncated: false,
    },
  },
});

/** An LSP WorkspaceEdit; the editor alone writes files. */
const workspaceEdit = z.object({ documentChanges: z.array(z.record(z.string(), z.unknown())) });
const exampleEdit = { documentChanges: [] };

export const editorRelabel = request({
  name: 'sonde/editor/relabel',
  summary: 'Gives the edit of the workspace’s label file that names a feature; a null takes its label away.',
  params: z.object({ uri: uri.optional(), feature: featureRef, label: z.string().max(1000).nullable() }),
  result: z.object({ edit: workspaceEdit }),
  example: { params: { feature: exampleFeature, label: 'greetings' }, result: { edit: exampleEdit } },
});

export const editorImport = request({
  name: 'sonde/editor/import',
  summary: 'Gives the edit that adds the explanations of a Neuronpedia export to the workspace’s labels.',
  params: z.object({
    uri: uri.optional(),
    source: uri.meta({ description: 'explanations file: JSONL, plain or gzip' }),
    dictionary: z.string().min(1).max(4096),
  }),
  result: z.object({
    edit: workspaceEdit,
    imported: z.number().int(),
    skipped: z.array(z.string()).meta({ description: 'why lines were left out' }),
  }),
  example: {
    params: { source: 'file:///project/batch-0.jsonl.gz', dictionary: 'layer2' },
    result: { edit: exampleEdit, imported: 0, skipped: [] },
  },
});

export const editorPin = request({
  name: 'sonde/editor/pin',
  summary: 'Sets the pinned features of this session: they come first wherever they fire.',
  params: z.object({ features: z.array(featureRef).max(100) }),
  result: z.object({ features: z.array(namedFeature) }),
  example: { params: { features: [exampleFeature] }, result: { features: [exampleNamed] } },
});

export const editorStatus = request({
  name: 'sonde/editor/status',
  summary: 'Tells the daemon’s version, device, queue, models and dictionaries; answers at once.',
  params: z.object({ uri: uri.optional().meta({ description: 'a document whose model and dictionaries are told' }) }),
  result: z.object({
    version: z.string(),
    pid: z.number().int(),
    device: z.string(),
    waiting: z.object({ interactive: z.number().int(), batch: z.number().int() }),
    restarts: z.number().int().meta({ description: 'of the process that computes' }),
    memoryBytes: z.number().nullable(),
    models: z.array(
      z.object({
        name: z.string(),
        architecture: z.string(),
        n_layers: z.number().int(),
        dictionaries: z.array(
          z.object({
            name: z.string(),
            hook: z.string(),
            d_sae: z.number().int(),
            fit: z.string(),
            cause: z.string().nullable(),
          }),
        ),
      }),
    ),
    document: z
      .object({ model: z.string().nullable(), dictionaries: z.array(z.string()), problem: z.string().nullable() })
      .nullable(),
  }),
  example: {
    params: {},
    result: {
      version: '0.1.0',
      pid: 4242,
      device: 'cpu',
      waiting: { interactive: 0, batch: 0 },
      restarts: 0,
      memoryBytes: 200_000_000,
      models: [],
      document: null,
    },
  },
});

export const editorChanged = notification({
  name: 'sonde/editor/changed',
  direction: 'daemon-to-client',
  summary: 'Says that views should be asked for anew: traces are ready, labels or models have changed.',
  params: z.object({ what: z.array(z.enum(['traces', 'labels', 'models'])) }),
  example: { params: { what: ['traces'] } },
});

export const editorLate = notification({
  name: 'sonde/editor/late',
  direction: 'daemon-to-client',
  summary:
    'Says that the hints of a document that come next lack some that are not traced yet; `changed` tells when they are.',
  params: z.object({ uri: z.string() }),
  example: { params: { uri: 'file:///texts/story.prompt' } },
});
