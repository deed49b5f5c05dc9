/** Where a command writes: results to stdout, everything else to stderr, so that output can be piped. */
import chalk from 'chalk';
import { SondeError } from '../core/errors.ts';

/** Prints a result as one JSON document. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints text for people. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints warnings for people, one per line. */
export function printWarnings(warnings: readonly string[]): void {
  for (const warning of warnings) process.stderr.write(`${chalk.yellow('warning:')} ${warning}\n`);
}

/** Prints an error: for people on stderr, or as `{ "error": … }` on stdout for scripts. */
export function printError(error: unknown, json: boolean): void {
  const known = error instanceof SondeError;
  const kind = known ? error.kind : 'fault';
  const message = error instanceof Error ? error.message : String(error);
  if (json) printJson({ error: { kind, message, data: known ? error.data : {} } });
  else process.stderr.write(`${chalk.red(`sonde: ${kind}:`)} ${message}\n`);
  // A fault's stack helps whoever mends it; a caller's mistake needs none.
  if ((!known || error.family === 'fault') && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
}

/** Width of the terminal in columns; 100 where there is none. */
export function columns(): number {
  return process.stdout.columns ?? 100;
}
