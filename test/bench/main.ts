/**
 * `npm run bench`: start-up, speed and memory on weights of GPT-2 small's shape with SAEs of 24,576 features; training;
 * the daemon. Nothing is asserted: the table says which targets are met. Options: --only PART[,PART] measures some parts,
 * --json FILE writes the report as JSON too, --runs n (default 15) sets the timed runs, --threads n the runtime's threads.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { env } from 'onnxruntime-node';
import { measureDaemon } from './daemon/measure.js';
import { prepareFixtures } from './fixtures.js';
import { measureMemory } from './memory.js';
import { PARTS, type Part, type PartReports, type Report, renderReport } from './report.js';
import { processor, withRunner } from './rig.js';
import { measureSpeed } from './speed.js';
import { measureStartUp } from './start-up.js';
import { measureTraining } from './training.js';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    runs: { type: 'string', default: '15' },
    threads: { type: 'string' },
    only: { type: 'string', default: PARTS.join() },
  },
});
const log = (line: string): void => void process.stderr.write(`${line} …\n`);
const runs = Number(values.runs);
const threads = values.threads === undefined ? undefined : Number(values.threads);
const load = (): number => Number(loadavg()[0]!.toFixed(1));
const before = load();
const fixtures = await withRunner(undefined, (runner) => prepareFixtures(runner, log));

const MEASURES: { readonly [P in Part]: () => Promise<PartReports[P]> } = {
  'start-up': async () => measureStartUp(fixtures, 5, log),
  speed: () => measureSpeed(fixtures, runs, threads, log),
  memory: () => measureMemory(fixtures, log),
  training: () => measureTraining(fixtures, runs, threads, log),
  daemon: () => measureDaemon(fixtures, runs, log),
};

const parts: Partial<Record<Part, unknown>> = {};
for (const name of values.only.split(',')) {
  const measure = MEASURES[name as Part];
  if (measure === undefined) throw new Error(`No part "${name}"; there are ${PARTS.join(', ')}.`);
  parts[name as Part] = await measure();
}
const report: Report = {
  date: new Date().toISOString(),
  machine: {
    processor: processor(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    onnxruntime: env.versions.node ?? env.versions.common,
  },
  threads: threads ?? null,
  ...(parts as Partial<PartReports>),
  load: [before, load()],
};
console.log(renderReport(report));
if (values.json !== undefined) {
  mkdirSync(dirname(resolve(values.json)), { recursive: true });
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  log(`wrote ${values.json}`);
}
