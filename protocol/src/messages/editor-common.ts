/** Shapes of the editor door’s own messages. Positions and ranges are LSP’s: 0-based lines, UTF-16 characters. */
import { z } from 'zod';

/** A place between characters. */
export const position = z.object({ line: z.number().int().nonnegative(), character: z.number().int().nonnegative() });

/** From start to before end. */
export const range = z.object({ start: position, end: position });

/** A document, as the editor names it. */
export const uri = z.string().min(1).max(8192);

/** One feature; the model is the document’s where a message names one, else the settings’. */
export const featureRef = z.object({
  dictionary: z.string().min(1).max(4096),
  index: z.number().int().nonnegative(),
});

/** A feature as lists show it. */
export const namedFeature = featureRef.extend({
  label: z.string().nullable(),
  labelSource: z.string().nullable().meta({ description: 'where the label comes from; null without one' }),
  labelScore: z.number().nullable().meta({ description: 'how good the label is, by its own metric' }),
});

/** How often a feature fires on calibration text; null until that was measured. */
export const featureRates = z.object({
  density: z.number().nullable().meta({ description: 'share of counted calibration tokens on which it fires' }),
  max: z.number().nullable().meta({ description: 'largest activation known: on calibration text, or seen since' }),
  dense: z.boolean().meta({ description: 'fires on more than a tenth of tokens' }),
  bosOnly: z.boolean().meta({ description: 'was seen on BOS and nowhere else' }),
});

/** A token as the editor shows it: where it is written. */
export const writtenToken = z.object({ text: z.string(), range: range.nullable() });

export const exampleRange: z.input<typeof range> = {
  start: { line: 0, character: 4 },
  end: { line: 0, character: 9 },
};
export const exampleFeature: z.input<typeof featureRef> = { dictionary: 'layer2', index: 40 };
export const exampleNamed: z.input<typeof namedFeature> = {
  ...exampleFeature,
  label: 'a sentence begins',
  labelSource: 'tinyworld score card',
  labelScore: 0.82,
};
export const exampleUri = 'file:///project/greeting.prompt';
