/** `sonde train-dictionary`: trains a TopK or JumpReLU dictionary on a model's activations, from a config file. */
import { totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { Command, Option } from 'commander';
import { z } from 'zod';
import { SondeError } from '../../core/errors.ts';
import { DEFAULT_MEMORY_SHARE } from '../../core/limits.ts';
import type { Device, Runner } from '../../core/runner.ts';
import { openDictionary } from '../../dictionary/open.ts';
import { readText } from '../../files/file-reader.ts';
import { locateFolder } from '../../files/hub-cache.ts';
import { parseJson } from '../../formats/json.ts';
import { parseYaml } from '../../formats/yaml.ts';
import { modelHandle } from '../../methods/model-handle.ts';
import { openCheckpoint } from '../../model/checkpoint.ts';
import { openTokenizer } from '../../model/tokenizer/tokenizer.ts';
import { chooseDevice } from '../../runtime/devices.ts';
import { startRunner } from '../../runtime/process-runner.ts';
import { bpeEncoder } from '../../tinyworld/encode.ts';
import { documentSource, FIRST_UNSEEN } from '../../tinyworld/train-data.ts';
import type { TokenSource } from '../../training/dictionary/activations.ts';
import {
  checkDictionaryTraining,
  type DictionaryTraining,
  dictionaryTrainingSchema,
} from '../../training/dictionary/config.ts';
import { type DictionaryScores, evaluateDictionary } from '../../training/dictionary/evaluate.ts';
import { textSource } from '../../training/dictionary/text-source.ts';
import { trainDictionary, workFolder } from '../../training/dictionary/train.ts';
import { interruptible } from '../interruption.ts';
import { EMBEDDED_FOLDER, EMBEDDED_MODEL } from '../open-engine.ts';
import { type SetExitCode, withJson, withThreads } from '../options.ts';
import { print, printJson } from '../output.ts';
import { type TrainingProgress, trainingProgress } from '../training-progress.ts';

const fileSchema = z.strictObject({
  ...dictionaryTrainingSchema.shape,
  model: z.string().default(EMBEDDED_MODEL).describe('folder, hub id in the local cache, or the embedded model'),
  text: z.union([
    z.strictObject({ file: z.string() }),
    z.strictObject({ tinyworld: z.strictObject({ seed: z.int().nonnegative() }) }),
  ]),
  out: z.string(),
});
type FileConfig = z.infer<typeof fileSchema>;

interface Options {
  readonly config: string;
  readonly device: 'auto' | Device;
  readonly threads?: number;
  readonly json?: boolean;
}

export function trainDictionaryCommand(_: SetExitCode): Command {
  const command = new Command('train-dictionary')
    .description('train a TopK or JumpReLU dictionary on a model’s activations; goes on after an interruption')
    .requiredOption('-c, --config <file>', 'what to train, .yaml or .json')
    .addOption(
      new Option('--device <device>', 'where to compute').choices(['auto', 'cpu', 'webgpu', 'cuda']).default('auto'),
    );
  return withJson(withThreads(command)).action(async (options: Options) => {
    const config = readConfig(options.config);
    const { device } = await chooseDevice(options.device);
    const runner = await startRunner({ device, ...(options.threads ? { threads: options.threads } : {}) });
    const progress = trainingProgress();
    try {
      const scores = await interruptible((signal) => train(runner, config, progress, signal));
      progress.stop();
      if (options.json) printJson({ out: config.out, scores });
      else print(summary(config, scores));
    } finally {
      progress.stop();
      await runner.dispose();
    }
  });
}

/** Reads the file. @throws corrupt-file for broken YAML or JSON; invalid-params naming the field that does not fit. */
export function readConfig(path: string): FileConfig {
  const text = readText(path);
  const result = fileSchema.safeParse(/\.ya?ml$/.test(path) ? parseYaml(text, path) : parseJson(text, path));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'the config'}: ${issue.message}`);
  throw new SondeError(
    'invalid-params',
    `${path} cannot be used. ${problems.join('; ')}. Fields: ${Object.keys(fileSchema.shape).join(', ')}.`,
    { path, problems },
  );
}

async function train(
  runner: Runner,
  { model: name, text, out, ...config }: FileConfig,
  progress: TrainingProgress,
  signal: AbortSignal,
): Promise<DictionaryScores> {
  const folder = name === EMBEDDED_MODEL ? EMBEDDED_FOLDER : locateFolder(name).folder;
  const model = modelHandle(openCheckpoint(folder));
  const memoryLimit = totalmem() * DEFAULT_MEMORY_SHARE;
  checkDictionaryTraining(config, model.spec, memoryLimit);
  const { source, kept } =
    'file' in text ? await fromFile(folder, text.file, config) : fromGenerator(folder, text, config);
  const dataset_path = 'file' in text ? text.file : `tinyworld, seed ${text.tinyworld.seed}`;
  progress.part(basename(out));
  await trainDictionary(
    runner,
    model,
    {
      config,
      source,
      origin: { model_name: name, dataset_path },
      out,
      work: workFolder(out),
      memoryLimit,
      onStep: progress.step,
    },
    signal,
  );
  progress.part('measurement');
  const [dictionary] = openDictionary(out, model.spec);
  return evaluateDictionary(runner, model, dictionary!, kept, source.special, signal);
}

interface Texts {
  readonly source: TokenSource;
  readonly kept: readonly (readonly number[])[];
}

async function fromFile(folder: string, path: string, config: DictionaryTraining): Promise<Texts> {
  const { training, kept } = await textSource(path, await openTokenizer(folder), config);
  return { source: training, kept };
}

/** Documents of the generator that one measurement looks at. */
const MEASURED = 300;

function fromGenerator(
  folder: string,
  { tinyworld }: { tinyworld: { seed: number } },
  config: DictionaryTraining,
): Texts {
  const path = join(folder, 'tokenizer.json');
  const encoder = bpeEncoder(readText(path), path);
  const unseen = documentSource(encoder, tinyworld.seed, FIRST_UNSEEN, config.context_size);
  return {
    source: documentSource(encoder, tinyworld.seed, 0, config.context_size),
    kept: Array.from({ length: MEASURED }, (_, i) => unseen.row(i) as readonly number[]),
  };
}

function summary(config: FileConfig, scores: DictionaryScores): string {
  const { fvu, l0, alive_share, ce_score, ce_delta, positions } = scores;
  return [
    `${config.out}: ${config.architecture}, ${config.d_sae} features at ${config.hook}`,
    `on ${positions} positions kept for measuring:`,
    `  FVU ${fvu === null ? 'undefined' : fvu.toFixed(4)}, L0 ${l0.toFixed(1)}, alive ${(100 * alive_share).toFixed(1)} %`,
    `  CE score ${ce_score === null ? 'undefined' : ce_score.toFixed(4)} (zero ablation flatters it), ΔCE ${ce_delta.toFixed(4)} nats`,
  ].join('\n');
}
