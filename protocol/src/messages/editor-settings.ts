/** The editor’s settings, section `sonde`: what a client sends and the server fills in. */
import { z } from 'zod';

/** One schema for every editor; unknown keys are ignored, since editors keep settings of their own in the section. */
export const editorSettings = z.object({
  model: z.string().default('').meta({ description: 'path or hub id; empty takes the daemon’s first model' }),
  dictionaries: z
    .array(z.string())
    .default([])
    .meta({ description: 'paths, hub ids or names of attached dictionaries; empty takes all that are attached' }),
  layer: z.number().int().nullable().default(null).meta({ description: 'only dictionaries of this layer' }),
  hints: z.boolean().default(true).meta({ description: 'whether tokens carry inlay hints' }),
  density: z.enum(['sparse', 'normal', 'dense']).default('normal').meta({
    description: 'hints on a few tokens of a line, on tokens whose strongest feature changes, on every token',
  }),
  topK: z.number().int().min(1).max(64).default(1).meta({ description: 'features per hint' }),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .meta({ description: 'least activation of a hint, as a share of the largest activation known of the feature' }),
  predictions: z.boolean().default(true).meta({ description: 'next tokens in hovers' }),
  hideDense: z.boolean().default(true).meta({ description: 'leave out features that fire on over a tenth of tokens' }),
  hideBosOnly: z.boolean().default(true).meta({ description: 'leave out features that fire on BOS alone' }),
  unlabelled: z.boolean().default(false).meta({ description: 'hints for features without a label too' }),
  textField: z.string().default('').meta({ description: 'text field of datasets; empty guesses it' }),
});

/** Settings with every default filled in. */
export type EditorSettings = z.output<typeof editorSettings>;
