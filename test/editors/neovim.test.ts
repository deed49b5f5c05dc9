/** A real Neovim, set up as the documentation says, in front of a real daemon. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { MAIN, startTestDaemon } from '../support/daemon.ts';
import { neovimPlan } from '../support/neovim.ts';

const GUIDE = new URL('../../server/docs/editors.md', import.meta.url);
const SCRIPT = fileURLToPath(new URL('neovim.lua', import.meta.url));

/** What the script saw. */
interface Seen {
  readonly error?: string;
  readonly hover: string;
  readonly diagnostics: readonly { readonly line: number; readonly code: string; readonly source: string }[];
  readonly page: { readonly name: string; readonly text: string; readonly readonly: boolean };
  /** Links of a definition that were offered. */
  readonly choices: number;
  readonly references: readonly string[];
  readonly label: object;
  readonly named: string;
  readonly pinned: string;
}

let seen: Seen;
let folder: string;
let labels: string;

beforeAll(async () => {
  const plan = neovimPlan();
  if ('missing' in plan) throw new Error(plan.missing);
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'sonde-neovim-')));
  folder = join(home, 'work');
  labels = join(folder, '.sonde', 'labels.jsonl');
  mkdirSync(folder);
  mkdirSync(join(home, 'bin'));
  writeFileSync(join(home, 'bin', 'sonde'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`, { mode: 0o755 });
  const [, setup] = /## Neovim[\s\S]+?```lua\n([\s\S]+?)```/.exec(readFileSync(GUIDE, 'utf8')) ?? [];
  writeFileSync(join(home, 'init.lua'), setup!);
  writeFileSync(join(folder, 'a.prompt'), 'Hello there\n---\nHello you\n');
  writeFileSync(join(folder, 'closed.jsonl'), '{"text": "Hello \\u00e9"}\n');
  writeFileSync(join(folder, 'broken.prompt'), '---\nlayer: none\n---\nHello\n');
  const daemon = await startTestDaemon();
  try {
    const child = spawn(
      plan.executable,
      ['--headless', '-u', join(home, 'init.lua'), '-i', 'NONE', '-n', '-S', SCRIPT],
      {
        cwd: folder,
        env: {
          PATH: `${join(home, 'bin')}${delimiter}${process.env.PATH}`,
          HOME: home,
          SONDE_STATE_FOLDER: daemon.folder,
          SONDE_SEEN: join(home, 'seen.json'),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    await once(child, 'close');
    if (!existsSync(join(home, 'seen.json'))) throw new Error(output);
    seen = JSON.parse(readFileSync(join(home, 'seen.json'), 'utf8')) as Seen;
    expect(seen.error, `${output}\n${daemon.log()}`).toBeUndefined();
  } finally {
    await daemon.end();
  }
});

describe('Neovim shows', () => {
  test('a token’s features in a hover', () => {
    expect(seen.hover).toContain('Not explained');
    expect(seen.hover).toContain('saelens-jumprelu');
  });

  test('what is wrong, at its line', () => {
    expect(seen.diagnostics).toContainEqual({ line: 1, code: 'front-matter-value', source: 'sonde' });
  });

  test('a feature’s page as a file that is not to be written, and offers the others', () => {
    expect(seen.page.name).toContain('/.cache/sonde/features/');
    expect(seen.page.text).toContain('## Tokens that it raises');
    expect(seen.page.readonly).toBe(true);
    expect(seen.choices).toBeGreaterThan(1);
  });

  test('where else the feature fires, in files that are not open too', () => {
    expect([...seen.references].sort()).toEqual(['a.prompt', 'broken.prompt', 'closed.jsonl']);
  });

  test('the label that was given, at once and in its file', () => {
    expect(seen.label).toMatchObject({ label: 'greeting', source: 'me' });
    expect(seen.named).toContain('greeting');
    expect(JSON.parse(readFileSync(labels, 'utf8'))).toEqual(seen.label);
  });

  test('the feature that was pinned by a code action', () => {
    expect(seen.pinned).toMatch(/greeting.*pinned/);
  });
});
