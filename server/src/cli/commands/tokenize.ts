/** `sonde tokenize`: the tokens of a text with their exact spans. */
import { Command } from 'commander';
import { readText } from '../../files/file-reader.ts';
import { locateFolder } from '../../files/hub-cache.ts';
import { openTokenizer } from '../../model/tokenizer/tokenizer.ts';
import { EMBEDDED_FOLDER, EMBEDDED_MODEL, textOf } from '../open-engine.ts';
import { type SetExitCode, withJson } from '../options.ts';
import { print, printJson } from '../output.ts';
import { renderTable } from '../render/table.ts';
import { visible } from '../render/token-text.ts';

interface Options {
  readonly model: string;
  readonly file?: string;
  readonly bos?: boolean;
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
  return withJson(command).action(async (text: string | undefined, options: Options) => {
    const input = await textOf(text, options.file, readText);
    const folder = options.model === EMBEDDED_MODEL ? EMBEDDED_FOLDER : locateFolder(options.model).folder;
    const tokenizer = await openTokenizer(folder);
    const bos = options.bos ?? tokenizer.addsBos;
    const { ids, spans, special, partial, doubledBos } = await tokenizer.encode(input, { bos });
    const tokens = ids.map((id, i) => ({
      id,
      text: tokenizer.tokenText(id),
      ...spans[i]!,
      special: special[i]!,
      partial: partial[i]!,
    }));
    if (options.json) return printJson({ bos, doubledBos, tokens });
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
    if (doubledBos) print('The text begins with BOS itself: BOS is doubled.');
  });
}
