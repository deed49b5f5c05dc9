/** Documents as editors show them: every file of this folder is a case (`vitest run test/cases -u` writes what is shown). */
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../server/src/engine/engine.ts';
import type { Position, Range } from '../../server/src/prompt/lines.ts';
import { type CaseFile, parseCase, type Shown, writeCase } from '../support/case-file.ts';
import { eventually } from '../support/daemon.ts';
import { type EditorClient, editorClient } from '../support/editor-client.ts';
import { EDITOR_MODEL, editorEngine } from '../support/editor-engine.ts';
import { fixturePath } from '../support/fixtures.ts';
import { sharedRunner } from '../support/runner.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.case.txt'));
const TEMPLATE = '{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}';

const runner = sharedRunner();
let engine: Engine;

beforeAll(async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'sonde-cases-')), EDITOR_MODEL);
  cpSync(fixturePath('models', EDITOR_MODEL), folder, { recursive: true });
  const config = join(folder, 'tokenizer_config.json');
  writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), chat_template: TEMPLATE }));
  engine = await editorEngine(runner, folder);
  const [info] = engine.dictionaries({ model: EDITOR_MODEL });
  await engine.featureStats({ model: EDITOR_MODEL, dictionary: info!.name });
});

test.each(FILES)('%s', async (name) => {
  const path = join(FOLDER, name);
  const one = parseCase(readFileSync(path, 'utf8'));
  await expect(writeCase(one, await show(one))).toMatchFileSnapshot(path);
});

interface Hint {
  readonly position: Position;
  readonly label: readonly { readonly value: string }[];
}

interface Features {
  readonly token: { readonly text: string; readonly range: Range | null } | null;
  readonly features: readonly { readonly index: number; readonly activation: number }[];
}

async function show({ name, text, marks, settings }: CaseFile): Promise<Shown> {
  const client = await editorClient(engine, { settings: { unlabelled: true, hideDense: false, ...settings } });
  const uri = `file:///texts/${name}`;
  const range = { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } };
  client.open(uri, text);
  // Features wait for the trace, hints do not.
  await client.request('sonde/editor/features', { uri, range });
  const hints = await settled(client, { textDocument: { uri }, range });
  const places: Shown['marks'][number][] = [];
  for (const position of marks) {
    const { token, features } = await client.request<Features>('sonde/editor/features', { uri, position, limit: 1 });
    const [first] = features;
    places.push({ token, feature: token && first ? `#${first.index} ${first.activation.toPrecision(3)}` : null });
  }
  return {
    hints: hints.map(({ position, label }) => ({ position, label: spelled(label) })),
    marks: places,
    problems: await problems(client, { textDocument: { uri }, range }),
  };
}

/** Problems are told a while after hints; these are the ones behind the last of them. */
async function problems(client: EditorClient, params: object): Promise<Shown['problems']> {
  const told = () => client.notifications.filter(({ method }) => method === 'textDocument/publishDiagnostics');
  const before = told().length;
  await client.request('textDocument/inlayHint', params);
  await eventually('problems', () => told().length > before);
  return (told().at(-1)!.params as { diagnostics: Shown['problems'] }).diagnostics;
}

/** Hints that come twice the same. */
async function settled(client: EditorClient, params: object): Promise<readonly Hint[]> {
  let last: readonly Hint[] = [];
  await eventually('hints that stay', async () => {
    const before = JSON.stringify(last);
    last = await client.request<Hint[]>('textDocument/inlayHint', params);
    return JSON.stringify(last) === before;
  });
  return last;
}

function spelled(label: Hint['label']): string {
  return label.map(({ value }) => value).join('');
}
