/** Options that several sub-commands share. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EMBEDDED_MODEL } from './open-engine.ts';

/** Sets the exit code of the process. */
export type SetExitCode = (code: number) => void;

/** Adds --model, --dictionary, --device and --memory-limit. */
export function withEngineOptions(command: Command): Command {
  return command
    .option('-m, --model <name>', 'folder, hub id in the local cache, or the embedded model', EMBEDDED_MODEL)
    .option('-d, --dictionary <path...>', 'dictionaries to attach (the embedded model brings its own)')
    .addOption(
      new Option('--device <device>', 'where to compute')
        .choices(['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'])
        .default('auto'),
    )
    .option('--memory-limit <GiB>', 'refuse models that are predicted to take more', positiveNumber);
}

/** Adds --threads. */
export function withThreads(command: Command): Command {
  return command.option('--threads <count>', 'threads of the runtime; one is best on a busy machine', wholeNumber(1));
}

/** Adds --no-daemon. */
export function withDaemon(command: Command): Command {
  return command.option('--no-daemon', 'compute in this process even where a daemon runs');
}

/** Adds --json. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print one JSON document instead of text for people');
}

/** Parses a whole number of at least `low`. */
export function wholeNumber(low: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < low)
      throw new InvalidArgumentError(`expected a whole number of at least ${low}`);
    return value;
  };
}

/** Parses `from:to`, either side optional. */
export function tokenRange(text: string): { from?: number; to?: number } {
  const match = /^(\d*):(\d*)$/.exec(text);
  if (!match) throw new InvalidArgumentError('expected from:to, such as 3:10, 3: or :10');
  const [, from, to] = match;
  return { ...(from ? { from: Number(from) } : {}), ...(to ? { to: Number(to) } : {}) };
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a positive number');
  return value;
}
