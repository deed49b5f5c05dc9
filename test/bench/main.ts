/**
 * `npm run bench`: start-up, speed and memory on weights of GPT-2 small's shape with SAEs of 24,576 features; training.
 * Nothing is asserted: the table says which targets are met. Options: --json prints the report as JSON, --save writes
 * it to test/bench/results, --runs n (default 15) sets the timed runs, --threads n the runtime's threads.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepareFixtures } from './fixtures.js';
import { measureMemory } from './memory.js';
import { type Report, renderReport } from './report.js';
import { processor, withRunner } from './rig.js';
import { measureSpeed } from './speed.js';
import { measureStartUp } from './start-up.js';
import { measureTraining } from './training.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    runs: { type: 'string', default: '15' },
    threads: { type: 'string' },
  },
});
const log = (line: string): void => void process.stderr.write(`${line} …\n`);
const threads = values.threads === undefined ? undefined : Number(values.threads);
const load = (): number => Number(loadavg()[0]!.toFixed(1));
const before = load();
const fixtures = await withRunner(undefined, (runner) => prepareFixtures(runner, log));
const report: Report = {
  date: new Date().toISOString(),
  machine: { processor: processor(), memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.versions.node },
  threads: threads ?? null,
  startUp: measureStartUp(fixtures, 5, log),
  speed: await measureSpeed(fixtures, Number(values.runs), threads, log),
  memory: await measureMemory(fixtures, log),
  training: await measureTraining(fixtures, Number(values.runs), threads, log),
  load: [before, load()],
};
console.log(values.json ? JSON.stringify(report, null, 2) : renderReport(report));
if (values.save) {
  const folder = fileURLToPath(new URL('../bench/results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = `${folder}${report.date.slice(0, 10)}-${hostname()}.json`;
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  log(`saved ${file}`);
}
