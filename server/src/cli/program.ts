/** The command line `sonde`: one file per sub-command, joined here. */
import { Command, CommanderError } from 'commander';
import { checkCommand } from './commands/check.ts';
import { doctorCommand } from './commands/doctor.ts';
import { lspCommand } from './commands/lsp.ts';
import { quickstartCommand } from './commands/quickstart.ts';
import { selftestCommand } from './commands/selftest.ts';
import { serveCommand } from './commands/serve.ts';
import { statusCommand } from './commands/status.ts';
import { stopCommand } from './commands/stop.ts';
import { tokenizeCommand } from './commands/tokenize.ts';
import { traceCommand } from './commands/trace.ts';
import { trainDictionaryCommand } from './commands/train-dictionary.ts';
import { trainTinyworldCommand } from './commands/train-tinyworld.ts';
import { EXIT_CODES, exitCodeOf } from './exit-codes.ts';
import { printError } from './output.ts';

/** Runs a command line and returns its exit code; nothing escapes as an exception. */
export async function runCli(args: readonly string[]): Promise<number> {
  const result = { code: 0 };
  const program = new Command('sonde')
    .description('A language server for the inside of language models.')
    .version('0.1.0')
    .exitOverride()
    .showHelpAfterError('(run with --help for the options)')
    .addHelpText(
      'after',
      '\nExit codes: 0 success, 1 fault, 2 usage, 3 artifact, 4 resource, 5 access, 10 a check failed, 130 cancelled.',
    );
  const commands = [
    traceCommand,
    tokenizeCommand,
    checkCommand,
    doctorCommand,
    selftestCommand,
    quickstartCommand,
    serveCommand,
    lspCommand,
    statusCommand,
    stopCommand,
    trainTinyworldCommand,
    trainDictionaryCommand,
  ];
  for (const command of commands) {
    program.addCommand(
      command((code) => {
        result.code = code;
      }).exitOverride(),
    );
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return result.code;
  } catch (error) {
    // Help and version end by an exception with code 0; commander has printed its own usage errors already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.caller;
    printError(error, args.includes('--json'));
    return exitCodeOf(error);
  }
}
