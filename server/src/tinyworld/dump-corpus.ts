/**
 * Writes a corpus to standard output, one JSON document a line:
 * `node server/dist/tinyworld/dump-corpus.js <seed> <train|heldout> <count> [first index] [text|full]`.
 * `text` lines hold text and logProbability; `full` lines (the default) also kind, spans and choices.
 */
import { once } from 'node:events';
import { SondeError } from '../core/errors.ts';
import type { Split } from './derivation.ts';
import { corpusDocument } from './sample.ts';

const [seed, split, count, first = '0', detail = 'full'] = process.argv.slice(2);
const numbers = [seed, count, first].map(Number);
if (
  (split !== 'train' && split !== 'heldout') ||
  (detail !== 'text' && detail !== 'full') ||
  !numbers.every((value) => Number.isInteger(value) && value >= 0)
) {
  throw new SondeError(
    'invalid-params',
    `Found arguments "${process.argv.slice(2).join(' ')}"; expected <seed> <train|heldout> <count> [first index] [text|full].`,
  );
}
await dump(numbers[0]!, split, numbers[1]!, numbers[2]!, detail);

async function dump(seed: number, split: Split, count: number, first: number, detail: 'text' | 'full'): Promise<void> {
  for (let index = first; index < first + count; index++) {
    const document = corpusDocument(seed, split, index);
    const { text, logProbability } = document;
    const line = JSON.stringify(detail === 'full' ? document : { text, logProbability });
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  }
}
