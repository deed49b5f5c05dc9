/** From process start to the first trace, in processes of their own; this file is also the program that they run. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createEngine } from '../../server/dist/engine/engine.js';
import { launchRunner } from '../../server/dist/runtime/process-runner.js';
import type { Fixtures } from './fixtures.js';
import { LAYER } from './fixtures.js';
import { K, NO_LIMIT } from './rig.js';
import { median } from './statistics.js';

/** Milliseconds until a trace is accepted. */
export const MAX_READY_MS = 1000;

/** Milliseconds since the process began. */
export interface StartUp {
  /** The runtime process runs. */
  readonly runtime: number;
  /** The model is open with its tokenizer. */
  readonly model: number;
  /** The dictionary is attached: a trace is accepted. */
  readonly ready: number;
  /** The first trace of a short text is done. */
  readonly first: number;
  /** The second, of another text. */
  readonly second: number;
}

/** Medians over fresh processes; the page cache is warm after the first, which is not counted. */
export function measureStartUp(fixtures: Fixtures, runs: number, log: (line: string) => void): StartUp {
  log('starting');
  const program = fileURLToPath(import.meta.url);
  const measured = Array.from({ length: runs + 1 }, () =>
    execFileSync(process.execPath, [program, fixtures.model, fixtures.dictionaries[LAYER]!], { encoding: 'utf8' }),
  ).map((line) => JSON.parse(line) as StartUp);
  const of = (key: keyof StartUp): number => median(measured.slice(1).map((entry) => entry[key]));
  return { runtime: of('runtime'), model: of('model'), ready: of('ready'), first: of('first'), second: of('second') };
}

/** `performance.now` counts from the start of the process, loading of Node and of all modules included. */
async function program(model: string, dictionary: string): Promise<StartUp> {
  const { runner, ready: running } = launchRunner({ device: 'cpu' });
  const runtime = running.then(() => performance.now());
  const engine = createEngine({ runner, modelMemoryLimit: NO_LIMIT, sessionMemoryLimit: NO_LIMIT });
  await engine.loadModel({ name: model });
  const opened = performance.now();
  await engine.loadDictionary({ path: dictionary });
  await running;
  const ready = performance.now();
  await engine.trace({ text: 'The quick brown fox jumps over the lazy dog.', k: K, predictions: 0 });
  const first = performance.now();
  await engine.trace({ text: 'Another short text, as long as the first.', k: K, predictions: 0 });
  const second = performance.now();
  await engine.dispose();
  return { runtime: await runtime, model: opened, ready, first, second };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , model, dictionary] = process.argv;
  console.log(JSON.stringify(await program(model!, dictionary!)));
}
