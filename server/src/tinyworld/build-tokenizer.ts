/**
 * Writes a `tokenizer.json`, learnt from the first documents of the training split, to standard output:
 * `node server/dist/tinyworld/build-tokenizer.js <seed> <documents> <tokens>`.
 */
import { SondeError } from '../core/errors.ts';
import { trainTokenizer } from './bpe.ts';
import { corpusDocument } from './sample.ts';

const [seed, documents, size] = process.argv.slice(2).map(Number);
if (![seed, documents, size].every((value) => Number.isInteger(value) && value! >= 0)) {
  throw new SondeError('invalid-params', 'Expected three whole numbers: <seed> <documents> <tokens>.');
}
const texts = Array.from({ length: documents! }, (_, index) => corpusDocument(seed!, 'train', index).text);
process.stdout.write(`${JSON.stringify(trainTokenizer(texts, size!), null, 1)}\n`);
