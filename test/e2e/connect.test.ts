/** The extension as it is installed: it starts the daemon that it brings. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { daemonOf } from './support/host.ts';
import { shoot } from './support/shots.ts';
import { launchBrowser, openWorkbench, statusItem, until, type Workbench } from './support/workbench.ts';

let browser: Browser;
let window: Workbench;

beforeAll(async () => {
  browser = await launchBrowser();
  window = await openWorkbench(browser, { 'story.prompt': 'The cat sat on the mat.\n' }, 'story.prompt');
});
afterAll(() => browser?.close());

test('opening a prompt connects to the daemon of the package', async () => {
  const { page } = window;
  await until('connected', async () => /connected/.test((await statusItem(page).getAttribute('aria-label')) ?? ''));
  const daemon = daemonOf(inject('host'));
  expect(daemon).not.toBeNull();
  const command = readFileSync(`/proc/${daemon!.pid}/cmdline`, 'utf8').split('\0');
  expect(command[1]).toContain(join(inject('host').folder, 'extensions', 'sonde.sonde-vscode-'));
  await shoot(page, 'connected');
});
