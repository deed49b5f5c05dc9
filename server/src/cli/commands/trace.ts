/** `sonde trace`: the features of every token of a text. */
import { Command } from 'commander';
import type { Device } from '../../core/runner.ts';
import type { TraceResult } from '../../engine/results.ts';
import { readText } from '../../files/file-reader.ts';
import { absoluteName, loadRemotely, throughDaemon } from '../daemon-client.ts';
import { openEngine, textOf } from '../open-engine.ts';
import { type SetExitCode, tokenRange, wholeNumber, withDaemon, withEngineOptions, withJson } from '../options.ts';
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
  readonly daemon: boolean;
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
  return withJson(withDaemon(withEngineOptions(command))).action(async (text: string | undefined, options: Options) => {
    const input = await textOf(text, options.file, readText);
    const result = (await traceRemotely(input, options)) ?? (await traceHere(input, options));
    if (options.json) return printJson(result);
    printWarnings(result.warnings);
    print(renderTrace(result, columns()));
  });
}

/** Unless it is turned off, folding follows the dictionary's own convention. */
function foldingOf({ fold }: Options): { fold?: boolean } {
  return fold ? {} : { fold: false };
}

function requestOf(text: string, { topK, predictions, truncate = false, range, bos }: Options) {
  return { text, k: topK, predictions, truncate, ...range, ...(bos === undefined ? {} : { bos }) };
}

function traceRemotely(text: string, options: Options): Promise<TraceResult | undefined> {
  return throughDaemon('trace', options, async (client) => {
    const model = absoluteName(options.model);
    const loaded = await loadRemotely(client, model, options.dictionary ?? [], foldingOf(options));
    // The daemon may have others attached too; one whose name was taken carries a number there.
    const named = (wanted: string): string =>
      loaded.find(({ name }) => name === wanted || name.replace(/#\d+$/, '') === wanted)?.name ?? wanted;
    const dictionaries = options.only?.map(named) ?? loaded.map(({ name }) => name);
    const request = { ...requestOf(text, options), model, dictionaries, lane: 'interactive' as const };
    return (await client.request('sonde/trace/features', request)) as TraceResult;
  });
}

async function traceHere(text: string, options: Options): Promise<TraceResult> {
  const engine = await openEngine({
    ...options,
    model: absoluteName(options.model),
    dictionaries: options.dictionary ?? [],
    dictionaryOptions: foldingOf(options),
  });
  try {
    const only = options.only === undefined ? {} : { dictionaries: options.only };
    return await engine.trace({ ...requestOf(text, options), ...only });
  } finally {
    await engine.dispose();
  }
}
