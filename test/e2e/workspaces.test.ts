/** Kinds of workspaces: several folders, one that is not trusted, one that lies on no disk. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { clickWord, type DrawnLine, haveHints, linesWhen } from './support/editor.ts';
import { keepFailures } from './support/failures.ts';
import { pinStrongest } from './support/features.ts';
import { changeSettings } from './support/profile.ts';
import {
  launchBrowser,
  openFile,
  openVirtualWorkbench,
  openWorkbench,
  runCommand,
  statusItem,
  until,
  type Workbench,
} from './support/workbench.ts';

const TEXT = 'EN: In Basel Sam has a heavy signal.';
const LABEL = 'a Swiss place';

let browser: Browser;
let window: Workbench | undefined;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
afterEach(() => window?.close());
keepFailures(() => window?.page);

function hintsOn(page: Page, line: string): Promise<DrawnLine[]> {
  return linesWhen(page, `"${line}" has hints`, (lines) => haveHints(lines, [line]));
}

/** Gives the strongest feature of a word a label, which hints show then. */
async function rename(page: Page, word: string, label: string): Promise<void> {
  await pinStrongest(page, word);
  await page.keyboard.press('F2');
  await page.locator('.rename-box input').fill(label);
  await page.keyboard.press('Enter');
  await linesWhen(page, 'hints show the new label', (lines) =>
    lines.some(({ hints }) => hints.some((hint) => hint.label.includes(label))),
  );
}

/** The files that references of a word are found in, by name. */
async function filesOfReferences(page: Page, word: string): Promise<string[]> {
  await clickWord(page, word);
  await page.keyboard.press('Shift+F12');
  const files = page.locator('.reference-zone-widget .ref-tree .reference-file .label-name');
  await files.first().waitFor();
  const names = await files.allTextContents();
  await page.keyboard.press('Escape');
  return names.sort();
}

test('of several folders each has hints, is searched, and keeps labels of its own', async () => {
  const roots = ['one', 'two', 'three'];
  const folders = (count: number): string =>
    JSON.stringify({ folders: roots.slice(0, count).map((path) => ({ path })) });
  window = await openWorkbench(
    browser,
    {
      'all.code-workspace': folders(2),
      'one/first.prompt': `${TEXT}\n`,
      'two/second.prompt': `${TEXT}\n`,
      'three/third.prompt': `${TEXT}\n`,
    },
    'one/first.prompt',
  );
  const { page, folder } = window;
  await hintsOn(page, TEXT);
  await openFile(page, 'second.prompt');
  await hintsOn(page, TEXT);
  expect(await filesOfReferences(page, 'Basel')).toEqual(['first.prompt', 'second.prompt']);

  await rename(page, 'Basel', LABEL);
  const labels = (root: string): string => join(folder, root, '.sonde', 'labels.jsonl');
  await until('the label is on disk', async () => existsSync(labels('two')));
  expect(readFileSync(labels('two'), 'utf8')).toContain(LABEL);
  expect(existsSync(labels('one'))).toBe(false);

  writeFileSync(join(folder, 'all.code-workspace'), folders(3));
  await until('a folder that joins is searched', async () =>
    (await filesOfReferences(page, 'Basel')).includes('third.prompt'),
  );
});

test('before a workspace is trusted its settings name no model, after that they do', async () => {
  const restore = changeSettings(inject('host'), 'User', {
    'security.workspace.trust.enabled': true,
    'security.workspace.trust.startupPrompt': 'never',
    'security.workspace.trust.emptyWindow': false,
  });
  try {
    const settings = JSON.stringify({ 'sonde.model': './no-such-model' });
    window = await openWorkbench(browser, { '.vscode/settings.json': settings, 'a.prompt': `${TEXT}\n` }, 'a.prompt');
    const { page } = window;
    await page.locator('#status\\.workspaceTrust').waitFor();
    await hintsOn(page, TEXT);
    await statusItem(page).filter({ hasText: 'tinyworld' }).waitFor();

    await runCommand(page, 'Workspaces: Manage Workspace Trust');
    await page.locator('.workspace-trust-editor .monaco-button', { hasText: 'Trust' }).first().click();
    await statusItem(page).locator('[aria-label*="no-such-model"]').waitFor();
  } finally {
    restore();
  }
});

test('a workspace that lies on no disk has hints, and labels in a file of its own', async () => {
  window = await openVirtualWorkbench(browser, 'story.prompt');
  const { page } = window;
  await hintsOn(page, TEXT);
  await rename(page, 'Basel', LABEL);
  // Quick Open needs a search that this file system does not have.
  await runCommand(page, 'View: Show Explorer');
  for (const name of ['.sonde', 'labels.jsonl']) {
    await page.locator('.explorer-folders-view [role="treeitem"]', { hasText: name }).first().click();
  }
  await page.locator('.tab.active', { hasText: 'labels.jsonl' }).waitFor();
  await linesWhen(page, 'the file of labels holds it', (lines) => lines.some(({ text }) => text.includes(LABEL)));
});
