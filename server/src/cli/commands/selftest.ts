/**
 * `sonde selftest`: is what this installation computes right? Identities hold on every model; where the truth is known,
 * the score card says what the model knows and what its dictionaries show of it. The identities are checked by the running
 * daemon, as they are what it computes with; the card, which trains probes for minutes, always in a process of its own.
 */
import { join } from 'node:path';
import chalk from 'chalk';
import { Presets, SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { SondeError } from '../../core/errors.ts';
import type { Device } from '../../core/runner.ts';
import { CALIBRATION_TEXTS } from '../../dictionary/calibration-text.ts';
import { locateFolder } from '../../files/hub-cache.ts';
import type { IdentityCheck } from '../../methods/identities.ts';
import { chooseDevice } from '../../runtime/devices.ts';
import { startRunner } from '../../runtime/process-runner.ts';
import type { ScoreCard } from '../../tinyworld/scorecard/card.ts';
import { CARD_FILE, OTHER_CARDS, otherCards, readCard, writeCard } from '../../tinyworld/scorecard/files.ts';
import { type CardResult, DEFAULT_CARD, isTinyworld, measureCard } from '../../tinyworld/scorecard/measure.ts';
import {
  accuracyTable,
  markdown,
  questionTable,
  type ReportTable,
  summaryTable,
} from '../../tinyworld/scorecard/report.ts';
import { type Deviation, deviations } from '../../tinyworld/scorecard/reproduce.ts';
import { absoluteName, throughDaemon } from '../daemon-client.ts';
import { EXIT_CHECK_FAILED } from '../exit-codes.ts';
import { interruptible } from '../interruption.ts';
import { EMBEDDED_FOLDER, EMBEDDED_MODEL, openEngine } from '../open-engine.ts';
import { type SetExitCode, withDaemon, withEngineOptions, withJson, withThreads } from '../options.ts';
import { print, printJson } from '../output.ts';
import { renderTable } from '../render/table.ts';

interface Options {
  readonly model: string;
  readonly dictionary?: string[];
  readonly device: 'auto' | Device;
  readonly memoryLimit?: number;
  readonly identitiesOnly?: boolean;
  readonly writeLabels?: boolean;
  readonly markdown?: boolean;
  readonly compare?: string[];
  readonly daemon: boolean;
  readonly threads?: number;
  readonly json?: boolean;
}

export function selftestCommand(setExitCode: SetExitCode): Command {
  const command = new Command('selftest')
    .description('check that this installation computes the right numbers')
    .option('--identities-only', 'leave out the score card (minutes) of a model whose truth is known')
    .option('--write-labels', `write ${CARD_FILE} and the dictionaries' labels into the model's folder`)
    .option('--markdown', 'print the score card as Markdown')
    .option(
      '--compare <path...>',
      `${CARD_FILE} of other seeds, shown beside this one (else those in ${OTHER_CARDS}/)`,
    );
  return withJson(withDaemon(withThreads(withEngineOptions(command)))).action(async (options: Options) => {
    const folder = options.model === EMBEDDED_MODEL ? EMBEDDED_FOLDER : locateFolder(options.model).folder;
    const known = isTinyworld(folder);
    const others = options.compare ? options.compare.map(cardAt) : otherCards(folder);
    if (!known && (options.writeLabels || options.markdown)) {
      throw new SondeError(
        'invalid-params',
        `${folder} has no score card: only models of \`sonde train-tinyworld\` have a known truth.`,
      );
    }
    const identities = (await checkRemotely(options)) ?? (await checkHere(options));
    const result =
      known && !options.identitiesOnly ? await interruptible((signal) => score(options, folder, signal)) : null;
    const committed = result && !options.writeLabels ? readCard(join(folder, CARD_FILE)) : null;
    const deviating = result && committed ? deviations(result.card, committed) : [];
    if (result && options.writeLabels) writeCard(folder, result);
    if (identities.some((check) => !check.holds) || deviating.length > 0) setExitCode(EXIT_CHECK_FAILED);
    if (options.json) return printJson({ identities, scorecard: result?.card ?? null, deviations: deviating });
    if (options.markdown && result) return print(markdown(tables(result.card, others)));
    printIdentities(identities);
    if (result) printCard(result, others, committed === null ? null : deviating);
  });
}

function checkRemotely(options: Options): Promise<readonly IdentityCheck[] | undefined> {
  return throughDaemon('selftest', options, async (client) => {
    const model = absoluteName(options.model);
    await client.request('sonde/model/load', { name: model });
    const { identities } = await client.request('sonde/model/verify', { model, text: CALIBRATION_TEXTS[0]! });
    return identities.map((one) => ({ ...one, error: one.error ?? Number.POSITIVE_INFINITY }));
  });
}

async function checkHere(options: Options): Promise<readonly IdentityCheck[]> {
  const engine = await openEngine({ ...options, dictionaries: options.dictionary ?? [] });
  try {
    return await engine.identities({ text: CALIBRATION_TEXTS[0]! });
  } finally {
    await engine.dispose();
  }
}

async function score(options: Options, folder: string, signal: AbortSignal): Promise<CardResult> {
  const { device } = await chooseDevice(options.device);
  const runner = await startRunner({ device, ...(options.threads ? { threads: options.threads } : {}) });
  const bar = process.stderr.isTTY
    ? new SingleBar(
        { format: 'score card {bar} {value}/{total}  {part}', stream: process.stderr, hideCursor: true },
        Presets.shades_grey,
      )
    : null;
  const onProgress = (part: string, done: number, total: number): void => {
    if (done === 0) bar?.start(total, 0, { part });
    bar?.update(done, { part });
    if (!bar) process.stderr.write(`score card ${done + 1}/${total}: ${part}\n`);
  };
  try {
    return await measureCard(runner, { ...DEFAULT_CARD, folder, onProgress }, signal);
  } finally {
    bar?.stop();
    await runner.dispose();
  }
}

/** @throws file-not-found. */
function cardAt(path: string): ScoreCard {
  const card = readCard(path) ?? readCard(join(path, CARD_FILE));
  if (card) return card;
  throw new SondeError('file-not-found', `${path} is neither a ${CARD_FILE} nor a folder with one.`, { path });
}

function tables(card: ScoreCard, others: readonly ScoreCard[]): ReportTable[] {
  return [summaryTable([card, ...others]), accuracyTable(card), questionTable(card)];
}

function printIdentities(identities: readonly IdentityCheck[]): void {
  for (const { name, error, tolerance, holds } of identities) {
    const mark = holds ? chalk.green('✓') : chalk.red('✗');
    print(`${mark} ${name}  (error ${error.toExponential(1)}, at most ${tolerance})`);
  }
}

/** `deviating` is null where nothing is committed to compare with. */
function printCard({ card }: CardResult, others: readonly ScoreCard[], deviating: readonly Deviation[] | null): void {
  for (const { title, header, rows } of tables(card, others)) {
    print(`\n${chalk.bold(title)}`);
    print(renderTable(header, rows));
  }
  if (!deviating) return;
  print('');
  if (deviating.length === 0) print(`${chalk.green('✓')} every figure is that of ${CARD_FILE}, within tolerance`);
  for (const { figure, expected, found, tolerance } of deviating) {
    print(`${chalk.red('✗')} ${figure} is ${found.toPrecision(4)}, not ${expected.toPrecision(4)} ± ${tolerance}`);
  }
}
