/** `sonde selftest`: is what this installation computes right? Identities on the model. */
import chalk from 'chalk';
import { Command } from 'commander';
import type { Device } from '../../core/runner.ts';
import { CALIBRATION_TEXTS } from '../../dictionary/calibration-text.ts';
import { EXIT_CHECK_FAILED } from '../exit-codes.ts';
import { openEngine } from '../open-engine.ts';
import { type SetExitCode, withEngineOptions, withJson } from '../options.ts';
import { print, printJson } from '../output.ts';

interface Options {
  readonly model: string;
  readonly dictionary?: string[];
  readonly device: 'auto' | Device;
  readonly memoryLimit?: number;
  readonly json?: boolean;
}

export function selftestCommand(setExitCode: SetExitCode): Command {
  const command = new Command('selftest').description('check that this installation computes the right numbers');
  return withJson(withEngineOptions(command)).action(async (options: Options) => {
    const engine = await openEngine({ ...options, dictionaries: options.dictionary ?? [] });
    try {
      const identities = await engine.identities({ text: CALIBRATION_TEXTS[0]! });
      if (identities.some((check) => !check.holds)) setExitCode(EXIT_CHECK_FAILED);
      if (options.json) return printJson({ identities });
      for (const { name, error, tolerance, holds } of identities) {
        print(
          `${holds ? chalk.green('✓') : chalk.red('✗')} ${name}  (error ${error.toExponential(1)}, at most ${tolerance})`,
        );
      }
    } finally {
      await engine.dispose();
    }
  });
}
