/** Text to tokens. */
import { z } from 'zod';
import { request } from '../method.ts';
import { exampleToken, modelChoice, textOptions, tokenInfo } from './common.ts';

export const textTokenize = request({
  name: 'sonde/text/tokenize',
  summary: 'Splits a text into tokens with their exact UTF-16 spans.',
  params: z.object({ ...modelChoice, text: textOptions.text, bos: textOptions.bos }),
  result: z.object({ bos: z.boolean(), tokens: z.array(tokenInfo), warnings: z.array(z.string()) }),
  example: {
    params: { text: 'The' },
    result: { bos: false, tokens: [exampleToken], warnings: [] },
  },
});
