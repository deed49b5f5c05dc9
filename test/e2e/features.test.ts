/** Features as symbols: name, page, places, heat, comparison. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import {
  clickWord,
  goToEnd,
  haveHints,
  highlightsByLine,
  linesWhen,
  paintedBorders,
  paintedColours,
} from './support/editor.ts';
import { keepFailures } from './support/failures.ts';
import { pinStrongest, withStrongest } from './support/features.ts';
import { changeSettings } from './support/profile.ts';
import { shoot } from './support/shots.ts';
import { webviewWith } from './support/webviews.ts';
import { launchBrowser, openWorkbench, runCommand, until, type Workbench } from './support/workbench.ts';

const CLEAN = 'EN: In Basel Sam has a heavy robe. Sam sees Basel.';
const CORRUPT = 'EN: In Basel Sam has a narrow robe. Sam sees Basel.';
const LAST = 'FR: À Basel Sam a une robe lourde.';
const FILES = { 'story.prompt': `${CLEAN}\n---\n${CORRUPT}\n---\n${LAST}\n` };
const LABEL = 'a Swiss place';

let browser: Browser;
let window: Workbench;

beforeAll(async () => {
  browser = await launchBrowser();
  window = await openWorkbench(browser, FILES, 'story.prompt');
  await linesWhen(window.page, 'each prompt has hints', (lines) => haveHints(lines, [CLEAN, CORRUPT, LAST]));
});
afterAll(() => browser?.close());
keepFailures(() => window?.page);

test('the cursor on a token highlights the tokens of the prompt on which its feature fires', async () => {
  const { page } = window;
  await clickWord(page, 'Basel');
  await until('more than one token is highlighted', async () => {
    const lines = await highlightsByLine(page);
    return lines.reduce((sum, count) => sum + count, 0) > 1;
  });
  await shoot(page, 'highlight');
});

test('renaming a pinned feature writes its label and shows it in hints', async () => {
  const { page, folder } = window;
  await pinStrongest(page, 'Basel');
  await page.keyboard.press('F2');
  const box = page.locator('.rename-box input');
  await box.waitFor();
  await shoot(page, 'rename', async () => {
    if (await box.isVisible()) return;
    await page.keyboard.press('F2');
    await box.waitFor();
  });
  await box.fill(LABEL);
  await page.keyboard.press('Enter');
  await linesWhen(page, 'hints show the new label', (lines) =>
    lines.some(({ hints }) => hints.some(({ label }) => label.includes(LABEL))),
  );
  const labels = join(folder, '.sonde', 'labels.jsonl');
  await until('the label is on disk', async () => existsSync(labels) && readFileSync(labels, 'utf8').includes(LABEL));
  await shoot(page, 'renamed');
});

test('the page of a feature tells what the weights and the workspace say of it', async () => {
  const { page } = window;
  await clickWord(page, 'Basel');
  await withStrongest(page, 'Sonde: Open Feature Page');
  const view = await webviewWith(page, 'h2', 'Effect on the next token');
  await view.locator('figure svg').waitFor();
  expect(await view.locator('h2').allTextContents()).toEqual(
    expect.arrayContaining(['Examples', 'Neighbours by decoder cosine', 'Dictionary']),
  );
  await shoot(page, 'feature-page');
  await runCommand(page, 'View: Close All Editors in Group');
});

test('a heat map paints tokens by the activation of one feature, and its strip shows the same', async () => {
  const { page } = window;
  await clickWord(page, 'Basel');
  await withStrongest(page, 'Sonde: Show Heat Map of Feature');
  await until('tokens are painted in the colour of heat', async () => {
    const colours = await paintedColours(page);
    return colours.some((colour) => /^rgba\(240, 140, 46, 0\.\d+\)$/.test(colour));
  });
  const strip = await webviewWith(page, '.token-bar', /\S/);
  expect(await strip.locator('.token-bar').count()).toBeGreaterThan(10);
  // Away from the feature's tokens: what the cursor is in has highlights of its own.
  await goToEnd(page);
  await shoot(page, 'heat-map');
  await runCommand(page, 'Sonde: Clear Heat Map');
  await runCommand(page, 'View: Hide Panel');
  await until('the paint is gone', async () => (await paintedColours(page)).length === 0);
});

test('two prompts compare by the features gained and lost at aligned tokens', async () => {
  const { page } = window;
  await clickWord(page, 'Basel');
  await runCommand(page, 'Sonde: Compare Prompts');
  for (const step of ['1/2', '2/2']) {
    await page.locator('.quick-input-title', { hasText: step }).waitFor();
    await page.locator('.quick-input-list .monaco-list-row.focused').waitFor();
    await page.keyboard.press('Enter');
  }
  const view = await webviewWith(page, 'h3', 'Gained');
  expect(await view.locator('tr.changed').count()).toBeGreaterThan(0);
  expect(await view.locator('section').first().locator('li').count()).toBeGreaterThan(0);
  await shoot(page, 'compare');
  await runCommand(page, 'View: Close All Editors in Group');
});

test('the tree lists the features of the token under the cursor and of the document', async () => {
  const { page } = window;
  await clickWord(page, 'Basel');
  await runCommand(page, 'Sonde: Focus on Features View');
  const rows = page.locator('.pane-body [role="treeitem"]');
  await until('features are listed', async () => (await rows.count()) > 4);
  await shoot(page, 'features-tree');
});

test('in high contrast heat has borders, and all can be read', async () => {
  // Read when a window is opened, and not again.
  const restore = changeSettings(inject('host'), 'User', {
    'workbench.preferredDarkColorTheme': 'Default High Contrast',
    'workbench.preferredLightColorTheme': 'Default High Contrast Light',
  });
  const { page } = await window.another('story.prompt').finally(restore);
  await linesWhen(page, 'each prompt has hints', (lines) => haveHints(lines, [CLEAN, CORRUPT, LAST]));
  await clickWord(page, 'Basel');
  await withStrongest(page, 'Sonde: Show Heat Map of Feature');
  await webviewWith(page, '.token-bar', /\S/);
  await goToEnd(page);
  const bordered = (): Promise<void> =>
    until('painted tokens have a border', async () =>
      (await paintedBorders(page)).some((border) => /^[13]px rgb\(/.test(border)),
    );
  await shoot(page, 'contrast-heat-map', bordered, 'contrast');
  await runCommand(page, 'Sonde: Clear Heat Map');
  await runCommand(page, 'View: Hide Panel');
  await clickWord(page, 'Basel');
  await withStrongest(page, 'Sonde: Open Feature Page');
  const view = await webviewWith(page, 'h2', 'Effect on the next token');
  await view.locator('figure svg').waitFor();
  await shoot(page, 'contrast-feature-page', async () => {}, 'contrast');
});
