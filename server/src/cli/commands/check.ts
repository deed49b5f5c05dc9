/** `sonde check`: does each dictionary fit the hook it is attached to? */
import chalk from 'chalk';
import { Command } from 'commander';
import type { Device } from '../../core/runner.ts';
import type { FitReport } from '../../dictionary/fit-check.ts';
import { EXIT_CHECK_FAILED } from '../exit-codes.ts';
import { openEngine } from '../open-engine.ts';
import { type SetExitCode, withEngineOptions, withJson } from '../options.ts';
import { print, printJson } from '../output.ts';
import { progressBar } from '../progress.ts';
import { renderTable } from '../render/table.ts';

interface Options {
  readonly model: string;
  readonly dictionary?: string[];
  readonly device: 'auto' | Device;
  readonly memoryLimit?: number;
  readonly json?: boolean;
}

export function checkCommand(setExitCode: SetExitCode): Command {
  const command = new Command('check').description(
    'measure each dictionary on calibration text and tell whether it fits its hook',
  );
  return withJson(withEngineOptions(command)).action(async (options: Options) => {
    const engine = await openEngine({ ...options, dictionaries: options.dictionary ?? [] });
    const bar = progressBar('checking');
    try {
      const attached = engine.dictionaries({});
      const reports: (FitReport & { readonly dictionary: string })[] = [];
      for (const [i, { name }] of attached.entries()) {
        bar.update(i, attached.length, name);
        reports.push({ dictionary: name, ...(await engine.checkDictionary({ dictionary: name })) });
      }
      bar.stop();
      if (reports.some((report) => report.status === 'misfit')) setExitCode(EXIT_CHECK_FAILED);
      if (options.json) printJson(reports);
      else print(reports.map(renderReport).join('\n\n'));
    } finally {
      bar.stop();
      await engine.dispose();
    }
  });
}

function renderReport(report: FitReport & { readonly dictionary: string }): string {
  const { dictionary, status, cause, declared_l0, hook_in, fvu, l0, neighbours, permuted } = report;
  const verdict = status === 'fits' ? chalk.green('fits') : chalk.red('misfit');
  const row = (where: string, fit: { fvu: number; l0: number }): string[] => [
    where,
    fit.fvu.toFixed(3),
    fit.l0.toFixed(1),
  ];
  const rows = [
    row(chalk.bold(`${hook_in} (its own)`), { fvu, l0 }),
    ...neighbours.map((fit) => row(fit.hook_in, fit)),
    row('its own, encoder rows permuted', permuted),
    ['its own, the mean alone', '1.000', ''],
  ];
  const declared = declared_l0 === null ? '' : `  (declared L0 ${declared_l0})`;
  return `${chalk.bold(dictionary)}  ${verdict}${declared}\n${cause}\n${renderTable(['hook', 'FVU', 'L0'], rows)}`;
}
