/** `sonde check`: does each dictionary fit the hook it is attached to? */
import chalk from 'chalk';
import { Command } from 'commander';
import type { Device } from '../../core/runner.ts';
import type { FitReport } from '../../dictionary/fit-check.ts';
import { absoluteName, loadRemotely, throughDaemon } from '../daemon-client.ts';
import { EXIT_CHECK_FAILED } from '../exit-codes.ts';
import { openEngine } from '../open-engine.ts';
import { type SetExitCode, withDaemon, withEngineOptions, withJson } from '../options.ts';
import { print, printJson } from '../output.ts';
import { type Progress, progressBar } from '../progress.ts';
import { renderTable } from '../render/table.ts';

interface Options {
  readonly model: string;
  readonly dictionary?: string[];
  readonly device: 'auto' | Device;
  readonly memoryLimit?: number;
  readonly daemon: boolean;
  readonly json?: boolean;
}

export function checkCommand(setExitCode: SetExitCode): Command {
  const command = new Command('check').description(
    'measure each dictionary on calibration text and tell whether it fits its hook',
  );
  return withJson(withDaemon(withEngineOptions(command))).action(async (options: Options) => {
    const bar = progressBar('checking');
    try {
      const reports = (await checkRemotely(options, bar)) ?? (await checkHere(options, bar));
      bar.stop();
      if (reports.some((report) => report.status === 'misfit')) setExitCode(EXIT_CHECK_FAILED);
      if (options.json) printJson(reports);
      else print(reports.map(renderReport).join('\n\n'));
    } finally {
      bar.stop();
    }
  });
}

type NamedReport = FitReport & { readonly dictionary: string };

function checkRemotely(options: Options, bar: Progress): Promise<readonly NamedReport[] | undefined> {
  return throughDaemon('check', options, async (client) => {
    const model = absoluteName(options.model);
    const attached = await loadRemotely(client, model, options.dictionary ?? []);
    return checkAll(attached, bar, (dictionary) => client.request('sonde/dictionary/check', { model, dictionary }));
  });
}

async function checkHere(options: Options, bar: Progress): Promise<readonly NamedReport[]> {
  const engine = await openEngine({ ...options, dictionaries: options.dictionary ?? [] });
  try {
    return await checkAll(engine.dictionaries({}), bar, (dictionary) => engine.checkDictionary({ dictionary }));
  } finally {
    await engine.dispose();
  }
}

async function checkAll(
  attached: readonly { readonly name: string }[],
  bar: Progress,
  check: (dictionary: string) => Promise<FitReport>,
): Promise<readonly NamedReport[]> {
  const reports: NamedReport[] = [];
  for (const [i, { name }] of attached.entries()) {
    bar.update(i, attached.length, name);
    reports.push({ dictionary: name, ...(await check(name)) });
  }
  return reports;
}

function renderReport(report: NamedReport): string {
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
