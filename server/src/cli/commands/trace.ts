/** `sonde trace`: the features of every token of a text. */
import { Command } from 'commander';
import type { Device } from '../../core/runner.ts';
import { readText } from '../../files/file-reader.ts';
import { openEngine, textOf } from '../open-engine.ts';
import { type SetExitCode, tokenRange, wholeNumber, withEngineOptions, withJson } from '../options.ts';
import { columns, print, printJson, printWarnings } from '../output.ts';
import { renderTrace } from '../render/trace.ts';

interface Options {
  readonly model: string;
  readonly dictionary?: string[];
  readonly device: 'auto' | Device;
  readonly memoryLimit?: number;
  readonly file?: string;
  readonly topK: number;
  readonly range?: { from?: number; to?: number };
  readonly predictions: number;
  readonly bos?: boolean;
  readonly truncate?: boolean;
  readonly fold: boolean;
  readonly only?: string[];
  readonly json?: boolean;
}

export function traceCommand(_: SetExitCode): Command {
  const command = new Command('trace')
    .description('show the features of every token of a text')
    .argument('[text]', 'the text; else --file, else standard input')
    .option('-f, --file <path>', 'read the text from a file')
    .option('-k, --top-k <count>', 'features per token and dictionary', wholeNumber(1), 5)
    .option('--only <name...>', 'of the attached dictionaries, trace these')
    .option('--range <from:to>', 'report these token positions only', tokenRange)
    .option('-p, --predictions <count>', 'also show this many likely next tokens', wholeNumber(0), 0)
    .option('--bos', 'put BOS before the text whatever the dictionaries ask for')
    .option('--no-bos', 'do not put BOS before the text')
    .option('--truncate', 'cut a text that is longer than the context')
    .option('--no-fold', 'leave activations in the file’s own scale instead of folding decoder norms');
  return withJson(withEngineOptions(command)).action(async (text: string | undefined, options: Options) => {
    const input = await textOf(text, options.file, readText);
    const engine = await openEngine({
      ...options,
      dictionaries: options.dictionary ?? [],
      dictionaryOptions: { fold: options.fold },
    });
    try {
      const result = await engine.trace({
        text: input,
        k: options.topK,
        predictions: options.predictions,
        truncate: options.truncate ?? false,
        ...options.range,
        ...(options.bos === undefined ? {} : { bos: options.bos }),
        ...(options.only === undefined ? {} : { dictionaries: options.only }),
      });
      if (options.json) printJson(result);
      else {
        printWarnings(result.warnings);
        print(renderTrace(result, columns()));
      }
    } finally {
      await engine.dispose();
    }
  });
}
