/** `sonde doctor`: which devices and formats work here, and exactly why not the others. */
import { totalmem } from 'node:os';
import chalk from 'chalk';
import { Command } from 'commander';
import { findDaemon } from '../../daemon/state.ts';
import { DICTIONARY_FORMATS } from '../../dictionary/open.ts';
import { hubCacheFolder } from '../../files/hub-cache.ts';
import { SUPPORTED_ARCHITECTURES } from '../../model/architectures/registry.ts';
import { type DeviceReport, probeDevices } from '../../runtime/devices.ts';
import { EXIT_CHECK_FAILED } from '../exit-codes.ts';
import { type SetExitCode, withJson } from '../options.ts';
import { print, printJson } from '../output.ts';

export function doctorCommand(setExitCode: SetExitCode): Command {
  const command = new Command('doctor').description(
    'show which devices and formats work on this machine, and why not the others',
  );
  return withJson(command).action(async ({ json }: { json?: boolean }) => {
    const devices = await probeDevices();
    const report = {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      memory: totalmem(),
      hubCache: hubCacheFolder(),
      /** What is probed is this installation, in processes of its own: a daemon has its device already. */
      daemon: findDaemon(),
      devices,
      architectures: SUPPORTED_ARCHITECTURES,
      weights: ['float32', 'float16', 'bfloat16'].map((dtype) => `safetensors ${dtype}`),
      dictionaries: DICTIONARY_FORMATS,
    };
    if (!devices.some((device) => device.device === 'cpu' && device.works)) setExitCode(EXIT_CHECK_FAILED);
    if (json) return printJson(report);
    print(`Node ${report.node} on ${report.platform}, ${(report.memory / 2 ** 30).toFixed(1)} GiB of memory`);
    print(`Models are looked up in ${report.hubCache}`);
    const { daemon } = report;
    print(daemon ? `A daemon runs at ${daemon.url} (process ${daemon.pid})\n` : 'No daemon runs\n');
    print(chalk.bold('Devices'));
    for (const device of devices) print(deviceLines(device));
    print(`\n${chalk.bold('Models')} (Hugging Face folders, safetensors in float32, float16 or bfloat16)`);
    print(`  ${report.architectures.join(', ')}`);
    print(`\n${chalk.bold('Dictionaries')}`);
    for (const { format, files } of report.dictionaries) print(`  ${format.padEnd(20)} ${files}`);
  });
}

function deviceLines({ device, works, software, error, milliseconds, detail, remedy }: DeviceReport): string {
  const mark = works ? chalk.green('works') : chalk.red('does not work');
  const measured = works ? `  (error ${error?.toExponential(1)}, ${milliseconds?.toFixed(1)} ms)` : '';
  const lines = [`  ${device.padEnd(8)} ${mark}${software ? ' in software' : ''}${measured}`];
  if (!works || software) lines.push(`           ${detail}`);
  if (remedy) lines.push(`           remedy: ${remedy}`);
  return lines.join('\n');
}
