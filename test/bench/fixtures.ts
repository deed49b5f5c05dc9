/**
 * The files that the benchmark reads, made once and kept in a cache folder: a checkpoint and twelve SAEs of the real
 * shape in float32, and the checkpoint with one SAE in half precision. Encoder biases are set by measurement, so that
 * about TARGET_L0 features fire per position of the benchmark's tokens.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runner } from '../../server/dist/core/runner.js';
import { int64 } from '../../server/dist/core/tensor.js';
import { hookInput, prepareInput } from '../../server/dist/dictionary/input.js';
import { preActivations } from '../../server/dist/dictionary/kinds/dense.js';
import { openDictionary } from '../../server/dist/dictionary/open.js';
import { modelGraph } from '../../server/dist/graph/model-graph.js';
import { serialize } from '../../server/dist/graph/serialize.js';
import { modelHandle } from '../../server/dist/methods/model-handle.js';
import { openCheckpoint } from '../../server/dist/model/checkpoint.js';
import { randomIds } from './random-weights.js';
import { setBias, writeDictionary } from './write-dictionary.js';
import { SHAPE, writeModel } from './write-model.js';

export const TARGET_L0 = 60;
export const POSITIONS = 128;
/** The single SAE's layer. */
export const LAYER = 8;

/** Change when the files' contents change. */
const VERSION = 1;
/** Activations kept per position while the bias is sought; well above the target. */
const KEPT = 512;

export interface Fixtures {
  readonly model: string;
  /** One SAE per layer, in order. */
  readonly dictionaries: readonly string[];
  readonly halfModel: string;
  readonly halfDictionary: string;
}

/** The folder: SONDE_BENCH_CACHE, or one in the system's temporary folder. */
export function cacheFolder(): string {
  return process.env.SONDE_BENCH_CACHE ?? join(tmpdir(), 'sonde-bench');
}

/** Token ids of the benchmark's text. */
export function benchIds(): number[] {
  return randomIds(7, POSITIONS, SHAPE.d_vocab - 1);
}

/** Makes the files unless they are there; about 3.2 GB and a minute. */
export async function prepareFixtures(runner: Runner, log: (line: string) => void): Promise<Fixtures> {
  const folder = cacheFolder();
  const stamp = join(folder, 'stamp');
  const layers = Array.from({ length: SHAPE.n_layers }, (_, layer) => layer);
  const fixtures: Fixtures = {
    model: join(folder, 'gpt2-shape'),
    dictionaries: layers.map((layer) => join(folder, `blocks.${layer}.hook_resid_pre`)),
    halfModel: join(folder, 'gpt2-shape-half'),
    halfDictionary: join(folder, 'half', `blocks.${LAYER}.hook_resid_pre`),
  };
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === String(VERSION)) return fixtures;
  log(`writing random weights to ${folder} (once; about 3.2 GB)`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeModel(fixtures.model, 'F32');
  writeModel(fixtures.halfModel, 'F16');
  for (const layer of layers) writeDictionary(fixtures.dictionaries[layer]!, layer, 0, 'F32');
  log('setting the encoder biases');
  const biases = await calibrate(runner, fixtures);
  for (const layer of layers) setBias(fixtures.dictionaries[layer]!, biases[layer]!);
  writeDictionary(fixtures.halfDictionary, LAYER, biases[LAYER]!, 'F16');
  writeFileSync(stamp, String(VERSION));
  return fixtures;
}

/** For each SAE minus the pre-activation that TARGET_L0 features per position exceed on average. */
async function calibrate(runner: Runner, { model, dictionaries }: Fixtures): Promise<number[]> {
  const checkpoint = openCheckpoint(model);
  const { spec, weights } = modelHandle(checkpoint);
  const opened = dictionaries.flatMap((path) => openDictionary(path, spec));
  const { b, hooks } = modelGraph(spec, weights, { reads: opened.map(({ hook_in }) => hook_in) });
  const names = opened.map((dictionary, i) => {
    const rows = hookInput(b, dictionary, hooks.get(dictionary.hook_in)!);
    const [top] = b.ops('TopK', [preActivations(b, dictionary, prepareInput(b, dictionary, rows))], { k: KEPT });
    b.output(`${i}`, top!);
    return `${i}`;
  });
  const session = await runner.open(serialize(b.finish(), 'calibration', 'cpu'), { weights: 'mapped' });
  const ids = benchIds();
  const outputs = await runner.run(session, { tokens: int64([1, ids.length], ids) }, names);
  await runner.close(session);
  return names.map((name) => {
    const values = Float32Array.from(outputs[name]!.data as Float32Array).sort();
    return -values[values.length - TARGET_L0 * ids.length]!;
  });
}
