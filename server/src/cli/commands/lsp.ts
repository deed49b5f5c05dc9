/** `sonde lsp --stdio`: an editor's line to the daemon, which is started if none runs. */
import { Command } from 'commander';
import { relay } from '../../rpc/relay.ts';
import { addressOf, ensureDaemon } from '../daemon-client.ts';
import type { SetExitCode } from '../options.ts';

/** Bytes of one message from the editor: a document may be long. */
const MAX_MESSAGE_BYTES = 64 * 2 ** 20;

export function lspCommand(_: SetExitCode): Command {
  return new Command('lsp')
    .description('connect an editor on standard input and output to the daemon, starting it if none runs')
    .requiredOption('--stdio', 'the only way so far')
    .action(async () => {
      const address = addressOf(await ensureDaemon());
      const url = address.url.replace(/\/rpc$/, '/lsp');
      await relay({
        ...address,
        url,
        input: process.stdin,
        output: process.stdout,
        maxMessageBytes: MAX_MESSAGE_BYTES,
      });
    });
}
