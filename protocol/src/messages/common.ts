/** Shapes that several messages share. */
import { z } from 'zod';

/** Most UTF-16 units of one text. */
export const MAX_TEXT = 4 * 2 ** 20;

const NAME = z.string().min(1).max(4096);

/** A name or path as people type it. */
export const name = NAME;

/** Which loaded model; the only one when absent. */
export const modelChoice = { model: NAME.optional().meta({ description: 'a loaded model; the only one when absent' }) };

/** One dictionary of a loaded model. */
export const dictionaryChoice = { ...modelChoice, dictionary: NAME };

/** One feature of a dictionary. */
export const featureChoice = { ...dictionaryChoice, feature: z.number().int().nonnegative() };

/** `interactive` work overtakes `batch` work. */
export const lane = z.enum(['interactive', 'batch']).default('batch');

/** The text of a request, how it becomes tokens, and which of them are reported. */
export const textOptions = {
  text: z.string().max(MAX_TEXT),
  from: z.number().int().nonnegative().optional().meta({ description: 'first token reported; positions count BOS' }),
  to: z.number().int().nonnegative().optional().meta({ description: 'end of the tokens reported, exclusive' }),
  bos: z.boolean().optional().meta({ description: 'overrides what the dictionaries, or the model, ask for' }),
  truncate: z.boolean().optional().meta({ description: 'cut a text beyond the context instead of refusing it' }),
};

/** A token with its UTF-16 span. */
export const tokenInfo = z.object({
  id: z.number().int(),
  text: z.string(),
  start: z.number().int().meta({ description: 'UTF-16 offset in the text' }),
  end: z.number().int(),
  special: z.boolean(),
  partial: z.boolean().meta({ description: 'shares a character with a neighbour' }),
});

/** A loaded model. */
export const modelInfo = z.object({
  name: z.string(),
  path: z.string(),
  architecture: z.string(),
  digest: z.string(),
  n_layers: z.number().int(),
  n_ctx: z.number().int(),
  d_model: z.number().int(),
  d_vocab: z.number().int(),
});

/** An attached dictionary. */
export const dictionaryInfo = z.object({
  name: z.string(),
  digest: z.string(),
  path: z.string(),
  format: z.string(),
  architecture: z.string(),
  hook_in: z.string(),
  hook_out: z.string(),
  d_in: z.number().int(),
  d_sae: z.number().int(),
  folding: z.enum(['folded', 'unit', 'as-stored']),
  center_input: z.boolean(),
  prepend_bos: z.boolean().nullable(),
  fit: z.object({
    status: z.enum(['unchecked', 'fits', 'misfit']),
    fvu: z.number().nullable().meta({ description: 'null until checked' }),
    l0: z.number().nullable(),
    cause: z.string().nullable(),
  }),
  notes: z.array(z.string()),
});

/** The example that documents and tests share. */
export const exampleModel: z.input<typeof modelInfo> = {
  name: 'tinyworld',
  path: '/opt/sonde/models/tinyworld',
  architecture: 'LlamaForCausalLM',
  digest: '5f0c',
  n_layers: 4,
  n_ctx: 256,
  d_model: 128,
  d_vocab: 512,
};

export const exampleDictionary: z.input<typeof dictionaryInfo> = {
  name: 'layer2',
  digest: '91ab',
  path: '/opt/sonde/models/tinyworld/dictionaries/layer2',
  format: 'saelens',
  architecture: 'topk',
  hook_in: 'blocks.2.hook_resid_post',
  hook_out: 'blocks.2.hook_resid_post',
  d_in: 128,
  d_sae: 1024,
  folding: 'unit',
  center_input: false,
  prepend_bos: true,
  fit: { status: 'unchecked', fvu: null, l0: null, cause: null },
  notes: [],
};

export const exampleToken: z.input<typeof tokenInfo> = {
  id: 17,
  text: 'The',
  start: 0,
  end: 3,
  special: false,
  partial: false,
};
