/** `sonde train-tinyworld`: trains the embedded model and its dictionaries from a seed. */
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { DEFAULT_MEMORY_SHARE } from '../../core/limits.ts';
import type { Device } from '../../core/runner.ts';
import { chooseDevice } from '../../runtime/devices.ts';
import { startRunner } from '../../runtime/process-runner.ts';
import { type TinyworldReport, trainTinyworld } from '../../tinyworld/train.ts';
import { interruptible } from '../interruption.ts';
import { EMBEDDED_FOLDER } from '../open-engine.ts';
import { type SetExitCode, wholeNumber, withJson, withThreads } from '../options.ts';
import { print, printJson } from '../output.ts';
import { trainingProgress } from '../training-progress.ts';

interface Options {
  readonly seed: number;
  readonly tokens: number;
  readonly dictionaryTokens: number;
  readonly out: string;
  readonly tokenizer: string;
  readonly documents: number;
  readonly device: 'auto' | Device;
  readonly threads?: number;
  readonly json?: boolean;
}

export function trainTinyworldCommand(_: SetExitCode): Command {
  const command = new Command('train-tinyworld')
    .description('train the embedded model and its dictionaries; the same command goes on after an interruption')
    .option('--seed <seed>', 'decides the text, the first weights and every draw', wholeNumber(0), 1)
    .option('--tokens <count>', 'tokens that the transformer is trained on', wholeNumber(1), 8_000_000)
    .option('--dictionary-tokens <count>', 'positions for each dictionary', wholeNumber(1), 1_000_000)
    .option('--out <folder>', 'where the model goes', 'tinyworld-trained')
    .option('--tokenizer <path>', 'tokenizer.json to use', join(EMBEDDED_FOLDER, 'tokenizer.json'))
    .option('--documents <count>', 'documents of each measurement', wholeNumber(1), 2000)
    .addOption(new Option('--device <device>', 'where to compute').choices(['auto', 'cpu', 'webgpu']).default('cpu'));
  return withJson(withThreads(command)).action(async (options: Options) => {
    const { device } = await chooseDevice(options.device);
    const runner = await startRunner({ device, ...(options.threads ? { threads: options.threads } : {}) });
    const progress = trainingProgress();
    const run = {
      ...options,
      memoryLimit: totalmem() * DEFAULT_MEMORY_SHARE,
      onPart: progress.part,
      onStep: progress.step,
    };
    try {
      const report = await interruptible((signal) => trainTinyworld(runner, run, signal));
      progress.stop();
      if (options.json) printJson(report);
      else print(summary(report, options.out));
    } finally {
      progress.stop();
      await runner.dispose();
    }
  });
}

function summary({ unseen, heldout, dictionaries, tokens }: TinyworldReport, out: string): string {
  const above = (100 * (unseen.model / unseen.bound - 1)).toFixed(1);
  const lines = [
    `${out}: trained on ${tokens} tokens`,
    `unseen text    ${unseen.model.toFixed(4)} nats per token, the bound is ${unseen.bound.toFixed(4)} (${above} % above)`,
    `held-out words ${heldout.model.toFixed(4)} nats per token, bound ${heldout.bound.toFixed(4)} for one who knows the words`,
    ...dictionaries.map(
      ({ hook, scores }) =>
        `${hook}: FVU ${scores.fvu?.toFixed(3)}  L0 ${scores.l0.toFixed(1)}  alive ${(100 * scores.alive_share).toFixed(0)} %  ` +
        `CE score ${scores.ce_score?.toFixed(3)} (ΔCE ${scores.ce_delta.toFixed(4)} nats)`,
    ),
  ];
  return lines.join('\n');
}
