/**
 * `npm run bench:editor`: what an editor waits for, on the embedded model and on weights of GPT-2 small's shape with one
 * SAE of 24,576 features, through a real daemon's WebSocket. Nothing is asserted: the table says which targets are met.
 * Options: --json FILE writes the report as JSON too, --model NAME takes one of the two, --parts a,b,… some of typing,
 * hover, opening, large (what FILE holds of the others stays), --profiles FOLDER writes CPU profiles of the daemon (times
 * mean little then).
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
import { withYardstick } from './yardstick.js';

const PARTS = ['typing', 'hover', 'opening', 'large'] as const;
const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    model: { type: 'string' },
    parts: { type: 'string', default: PARTS.join() },
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

/** Openings of each dataset. */
const OPENINGS = 4;
const profiles = values.profiles && resolve(values.profiles);
const wanted = new Set(values.parts.split(','));
const models: ModelReport[] = known();
for (const { label, name, options } of choices) {
  log(`starting a daemon: ${label}`);
  await withYardstick((yardstick) =>
    withEditorDaemon(options, profiles, async (daemon) => {
      const [editor, other] = [await daemon.editor(), await daemon.editor()];
      const meter = turnMeter(daemon, yardstick);
      const part = async <T>(key: (typeof PARTS)[number], during: string, work: () => Promise<T>) => {
        if (!wanted.has(key)) return {};
        log(during);
        return { [key]: key === 'large' ? await work() : await meter.during(during, work) };
      };
      const found = {
        ...(await part('typing', 'typing', () => measureTyping(editor))),
        ...(await part('hover', 'hovers while scanning', () => measureHover(daemon, editor, other))),
        ...(await part('opening', 'opening 60 and 10,000 rows', () => measureOpening(editor, OPENINGS))),
        // What a large document costs is the same for every model.
        ...(name === 'tinyworld'
          ? await part('large', 'opening large documents', () => measureLarge(daemon, editor, meter))
          : {}),
      };
      merge({ name, label, ...found, turns: meter.results() });
      editor.end();
      other.end();
    }),
  );
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

/** Models of the report that is there. */
function known(): ModelReport[] {
  if (values.json === undefined || !existsSync(values.json)) return [];
  return [...(JSON.parse(readFileSync(values.json, 'utf8')) as EditorReport).models];
}

function merge(found: ModelReport): void {
  const at = models.findIndex(({ name }) => name === found.name);
  if (at < 0) models.push(found);
  else {
    const fresh = new Set(found.turns.map(({ during }) => during));
    const turns = [...models[at]!.turns.filter(({ during }) => !fresh.has(during)), ...found.turns];
    models[at] = { ...models[at]!, ...found, turns };
  }
}
