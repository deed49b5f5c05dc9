/** What an editor asks about a document beyond LSP: the heat of one feature, lists of features, comparison, annotation. */
import { z } from 'zod';
import { request } from '../method.ts';
import {
  exampleFeature,
  exampleNamed,
  exampleRange,
  exampleUri,
  featureRates,
  featureRef,
  namedFeature,
  position,
  range,
  uri,
  writtenToken,
} from './editor-common.ts';

const exampleRates = { density: 0.02, max: 7.5, dense: false, bosOnly: false };
const exampleToken = { text: ' there', range: exampleRange };

export const editorHeat = request({
  name: 'sonde/editor/heat',
  summary: 'Tells the activation of one feature at the tokens of a document’s lines.',
  params: z.object({ uri, feature: featureRef, range: range.optional().meta({ description: 'whole when absent' }) }),
  result: z.object({
    feature: namedFeature,
    max: z.number().meta({ description: 'what shares are taken of: the largest activation known, this text included' }),
    tokens: z
      .array(writtenToken.extend({ unit: z.number().int(), activation: z.number(), share: z.number().min(0).max(1) }))
      .meta({ description: 'all counted tokens in order, silent ones too; `unit` counts prompts or rows' }),
    truncated: z.boolean().meta({ description: 'the range held more tokens than are told at once' }),
  }),
  example: {
    params: { uri: exampleUri, feature: exampleFeature },
    result: {
      feature: exampleNamed,
      max: 7.5,
      tokens: [{ ...exampleToken, unit: 0, activation: 2.5, share: 0.33 }],
      truncated: false,
    },
  },
});

const listedFeature = namedFeature.extend({
  ...featureRates.shape,
  activation: z.number().meta({ description: 'at the token, or the largest in the document' }),
  tokens: z.number().int().meta({ description: 'tokens of the document on which it fires' }),
  range: range.nullable().meta({ description: 'where it is strongest' }),
  pinned: z.boolean(),
});

export const editorFeatures = request({
  name: 'sonde/editor/features',
  summary: 'Lists the features of a document, or of the token at a position, strongest first by share of maximum.',
  params: z.object({
    uri,
    position: position.optional().meta({ description: 'the token here; the prompts or rows of `range` when absent' }),
    range: range.optional().meta({ description: 'lines to look at; the whole document when both are absent' }),
    limit: z.number().int().min(1).max(1000).default(100),
  }),
  result: z.object({
    token: z
      .object({
        ...writtenToken.shape,
        unexplained: z.array(
          z.object({
            dictionary: z.string(),
            share: z.number().nullable().meta({ description: '‖y − ŷ‖² / ‖y‖² at the token; may exceed 1' }),
            l0: z.number().int(),
          }),
        ),
      })
      .nullable(),
    dictionaries: z.array(
      z.object({
        name: z.string(),
        hook: z.string(),
        fit: z.string(),
        fvu: z.number().nullable().meta({ description: 'over the tokens looked at' }),
        l0: z.number().nullable(),
      }),
    ),
    features: z.array(listedFeature),
    hidden: z.number().int().meta({ description: 'features that the settings leave out: dense or BOS-only ones' }),
    truncated: z.boolean(),
  }),
  example: {
    params: { uri: exampleUri, position: { line: 0, character: 5 } },
    result: {
      token: { ...exampleToken, unexplained: [{ dictionary: 'layer2', share: 0.08, l0: 12 }] },
      dictionaries: [{ name: 'layer2', hook: 'blocks.2.hook_resid_post', fit: 'fits', fvu: 0.04, l0: 15.5 }],
      features: [{ ...exampleNamed, ...exampleRates, activation: 2.5, tokens: 3, range: exampleRange, pinned: false }],
      hidden: 0,
      truncated: false,
    },
  },
});

const place = z.object({ uri, position });
const change = namedFeature.extend({ before: z.number(), after: z.number() });

export const editorCompare = request({
  name: 'sonde/editor/compare',
  summary: 'Compares two prompts or rows: features gained and lost at tokens aligned by their text.',
  params: z.object({
    before: place,
    after: place,
    limit: z.number().int().min(1).max(100).default(8).meta({ description: 'features per list' }),
  }),
  result: z.object({
    before: z.object({ title: z.string(), range }),
    after: z.object({ title: z.string(), range }),
    gained: z.array(change).meta({ description: 'summed over the text: fire more after than before' }),
    lost: z.array(change),
    tokens: z
      .array(
        z.object({
          before: writtenToken.nullable().meta({ description: 'null where only the other text has a token' }),
          after: writtenToken.nullable(),
          gained: z.array(change),
          lost: z.array(change),
        }),
      )
      .meta({ description: 'both texts’ tokens, aligned' }),
    warnings: z.array(z.string()),
  }),
  example: {
    params: {
      before: { uri: exampleUri, position: { line: 0, character: 0 } },
      after: { uri: exampleUri, position: { line: 4, character: 0 } },
    },
    result: {
      before: { title: 'prompt 1', range: exampleRange },
      after: { title: 'prompt 2', range: exampleRange },
      gained: [{ ...exampleNamed, before: 0, after: 2.5 }],
      lost: [],
      tokens: [
        { before: exampleToken, after: exampleToken, gained: [{ ...exampleNamed, before: 0, after: 2.5 }], lost: [] },
      ],
      warnings: [],
    },
  },
});

export const editorUnits = request({
  name: 'sonde/editor/units',
  summary: 'Lists the prompts or rows that touch lines of a document.',
  params: z.object({ uri, range: range.optional().meta({ description: 'whole when absent; at most 1,000 are told' }) }),
  result: z.object({
    units: z.array(z.object({ title: z.string(), range, preview: z.string() })),
    truncated: z.boolean(),
  }),
  example: {
    params: { uri: exampleUri },
    result: { units: [{ title: 'prompt 1', range: exampleRange, preview: 'Hello there' }], truncated: false },
  },
});

export const editorAnnotate = request({
  name: 'sonde/editor/annotate',
  summary: 'Traces a selection of any document as a text of its own; an absent range ends all annotations of it.',
  params: z.object({
    uri,
    range: range.optional(),
    text: z
      .string()
      .max(4 * 2 ** 20)
      .optional()
      .meta({ description: 'the whole document, where it was not opened' }),
  }),
  result: z.object({ ranges: z.array(range).meta({ description: 'what is annotated now' }) }),
  example: { params: { uri: exampleUri, range: exampleRange }, result: { ranges: [exampleRange] } },
});
