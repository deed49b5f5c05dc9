/** `sonde tokenize`: the tokens of a text with their exact spans. */
import { Command } from 'commander';
import { loadModel } from '../../engine/models.ts';
import type { TokenizeResult } from '../../engine/results.ts';
import { tokenizeText } from '../../engine/text.ts';
import { readText } from '../../files/file-reader.ts';
import { locateFolder } from '../../files/hub-cache.ts';
import { openCheckpoint } from '../../model/checkpoint.ts';
import { absoluteName, throughDaemon } from '../daemon-client.ts';
import { EMBEDDED_FOLDER, EMBEDDED_MODEL, textOf } from '../open-engine.ts';
import { type SetExitCode, withDaemon, withJson } from '../options.ts';
import { print, printJson, printWarnings } from '../output.ts';
import { renderTable } from '../render/table.ts';
import { visible } from '../render/token-text.ts';

interface Options {
  readonly model: string;
  readonly file?: string;
  readonly bos?: boolean;
  readonly daemon: boolean;
  readonly json?: boolean;
}

export function tokenizeCommand(_: SetExitCode): Command {
  const command = new Command('tokenize')
    .description('show the tokens of a text')
    .argument('[text]', 'the text; else --file, else standard input')
    .option('-m, --model <name>', 'folder, hub id in the local cache, or the embedded model', EMBEDDED_MODEL)
    .option('-f, --file <path>', 'read the text from a file')
    .option('--bos', 'put BOS before the text')
    .option('--no-bos', 'do not put BOS before the text (default: as the tokenizer does)');
  return withJson(withDaemon(command)).action(async (text: string | undefined, options: Options) => {
    const input = await textOf(text, options.file, readText);
    const result = (await tokenizeRemotely(input, options)) ?? (await tokenizeHere(input, options));
    if (options.json) return printJson(result);
    const { tokens, warnings } = result;
    const notes = (token: (typeof tokens)[number]): string =>
      [token.special ? 'special' : '', token.partial ? 'part of a character' : ''].filter(Boolean).join(', ');
    const rows = tokens.map((token, i) => [
      String(i),
      String(token.id),
      visible(token.text),
      `${token.start}–${token.end}`,
      notes(token),
    ]);
    print(renderTable(['position', 'id', 'token', 'UTF-16 span', ''], rows));
    printWarnings(warnings);
  });
}

function tokenizeRemotely(text: string, options: Options): Promise<TokenizeResult | undefined> {
  return throughDaemon('tokenize', options, async (client) => {
    const model = absoluteName(options.model);
    await client.request('sonde/model/load', { name: model });
    const bos = options.bos === undefined ? {} : { bos: options.bos };
    return client.request('sonde/text/tokenize', { model, text, ...bos });
  });
}

async function tokenizeHere(text: string, { model, bos }: Options): Promise<TokenizeResult> {
  const folder = model === EMBEDDED_MODEL ? EMBEDDED_FOLDER : locateFolder(model).folder;
  return tokenizeText(await loadModel(model, openCheckpoint(folder)), text, bos);
}
