/**
 * `npm run bench:editor`: what an editor waits for, on the embedded model and on weights of GPT-2 small's shape with one
 * SAE of 24,576 features, through a real daemon's WebSocket. Nothing is asserted: the table says which targets are met.
 * Options: --json FILE writes the report as JSON too, --model NAME takes one of the two, --profiles FOLDER writes CPU
 * profiles of the daemon (times mean little then).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LAYER, prepareFixtures } from '../fixtures.js';
import { processor, withRunner } from '../rig.js';
import { withEditorDaemon } from './daemon.js';
import { measureLarge, measureOpening } from './datasets.js';
import { measureHover } from './hovering.js';
import { type EditorReport, type ModelReport, renderEditorReport } from './report.js';
import { turnMeter } from './turns.js';
import { measureTyping } from './typing.js';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    model: { type: 'string' },
    profiles: { type: 'string' },
  },
});
const log = (line: string): void => void process.stderr.write(`${line} …\n`);
const load = (): number => Number(loadavg()[0]!.toFixed(1));
const before = load();
const fixtures = await withRunner(undefined, (runner) => prepareFixtures(runner, log));
const choices = [
  { label: 'embedded model, 4 dictionaries', name: 'tinyworld', options: [] },
  {
    label: 'GPT-2 small’s shape, 1 dictionary',
    name: 'gpt2-shape',
    options: ['--model', fixtures.model, '--dictionary', fixtures.dictionaries[LAYER]!],
  },
].filter(({ name }) => values.model === undefined || values.model === name);

const profiles = values.profiles && resolve(values.profiles);
const models: ModelReport[] = [];
for (const { label, name, options } of choices) {
  log(`starting a daemon: ${label}`);
  await withEditorDaemon(options, profiles, async (daemon) => {
    const [editor, other] = [await daemon.editor(), await daemon.editor()];
    const meter = turnMeter(daemon);
    log('typing');
    const typing = await meter.during('typing', () => measureTyping(editor));
    log('hovering');
    const hover = await meter.during('hovers while scanning', () => measureHover(editor, other));
    log('opening datasets');
    const opening = await meter.during('opening 60 and 10,000 rows', () =>
      measureOpening(editor, name === 'tinyworld' ? 7 : 3),
    );
    // What a large document costs is the same for every model.
    if (name === 'tinyworld') log('opening large documents');
    const large = name === 'tinyworld' ? await measureLarge(daemon, editor, meter) : [];
    models.push({ name, label, typing, hover, opening, large, turns: meter.results() });
    editor.end();
    other.end();
  });
}
const report: EditorReport = {
  date: new Date().toISOString(),
  machine: {
    processor: processor(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
  },
  models,
  load: [before, load()],
};
console.log(renderEditorReport(report));
if (values.json !== undefined) {
  mkdirSync(dirname(resolve(values.json)), { recursive: true });
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  log(`wrote ${values.json}`);
}
