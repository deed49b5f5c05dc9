/** One window of the workbench over a fresh folder: what a person does in it and sees. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { inject } from 'vitest';
import { e2ePlan } from '../../support/e2e.ts';
import type { HostAddress } from './host.ts';

export type Files = Readonly<Record<string, string>>;

/** Loading the workbench takes up to 15 s of two cores, the first daemon a few more, and other work may run beside. */
export const PATIENCE = 90_000;

export interface Workbench {
  readonly page: Page;
  readonly folder: string;
  /** A further window on the same folder. */
  another(file: string): Promise<Workbench>;
  close(): Promise<void>;
}

/** Launches the browser of a test file; close it. */
export async function launchBrowser(): Promise<Browser> {
  const plan = e2ePlan();
  if ('missing' in plan) throw new Error(plan.missing);
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'];
  return chromium.launch({ executablePath: plan.browser, args });
}

/** Opens a window on a new folder with these files, or on the `.code-workspace` among them, and `file` in its editor. */
export async function openWorkbench(browser: Browser, files: Files, file: string): Promise<Workbench> {
  const host = inject('host');
  mkdirSync(join(host.folder, 'work'), { recursive: true });
  const folder = mkdtempSync(join(host.folder, 'work', 'w-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const several = Object.keys(files).find((name) => name.endsWith('.code-workspace'));
  const opened = several === undefined ? { folder } : { workspace: join(folder, several) };
  const root = `vscode-remote://127.0.0.1:${host.port}${folder}`;
  return openWindow(await newContext(browser), { host, folder, opened, root }, file);
}

/** Opens a window on the workspace that lies on no disk. */
export async function openVirtualWorkbench(browser: Browser, file: string): Promise<Workbench> {
  const root = 'memory:/work';
  const place = { host: inject('host'), folder: '', opened: { folder: root }, root };
  return openWindow(await newContext(browser), place, file);
}

async function newContext(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'dark' });
  await context.addInitScript({ path: fileURLToPath(new URL('./in-page.js', import.meta.url)) });
  return context;
}

interface Place {
  readonly host: HostAddress;
  readonly folder: string;
  /** What the window's address names. */
  readonly opened: Readonly<Record<string, string>>;
  /** The URI below which files are. */
  readonly root: string;
}

async function openWindow(context: BrowserContext, place: Place, file: string): Promise<Workbench> {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const payload = JSON.stringify([['openFile', `${place.root}/${file}`]]);
  const query = new URLSearchParams({ ...place.opened, payload });
  await page.goto(`http://127.0.0.1:${place.host.port}/?${query}`, { waitUntil: 'commit' });
  await editor(page).waitFor();
  return {
    page,
    folder: place.folder,
    another: (other) => openWindow(context, place, other),
    close: () => context.close(),
  };
}

/** The text editor that has or had the focus. */
export function editor(page: Page): Locator {
  return page.locator('.editor-group-container.active .editor-instance .view-lines').first();
}

/** The entry of the status bar that Sonde owns. */
export function statusItem(page: Page): Locator {
  return page.locator('.statusbar-item[id^="sonde."]').first();
}

/** Runs a command of the palette by its title, as written there. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await choose(page, 'F1', `>${title}`, title);
}

/** Opens a file of the folder by its name. */
export async function openFile(page: Page, name: string): Promise<void> {
  await choose(page, 'Control+p', name, name);
  await page.locator('.tab.active', { hasText: name }).waitFor();
}

/** Takes an entry of a quick input; a list that was made before its entry was known stays without it. */
async function choose(page: Page, key: string, text: string, entry: string): Promise<void> {
  const row = page.locator('.quick-input-list .monaco-list-row.focused', { hasText: entry });
  await until(`${entry} in the list of ${key}`, async () => {
    await quickInput(page, key, text);
    const listed = await row.waitFor({ timeout: 5000 }).then(
      () => true,
      () => false,
    );
    await page.keyboard.press(listed ? 'Enter' : 'Escape');
    return listed;
  });
}

/** Opens a quick input by its key and types into it; the end of what went before may close one that has just opened. */
async function quickInput(page: Page, key: string, text: string): Promise<void> {
  const input = page.locator('.quick-input-widget input[type="text"]');
  await until(`${key} opens an input`, async () => {
    await page.keyboard.press(key);
    return input.fill(text, { timeout: 5000 }).then(
      () => true,
      () => false,
    );
  });
}

/** Polls until `holds` answers true, for as long as things take on a busy machine. @throws with `what` did not come. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const patience = performance.now() + PATIENCE;
  while (!(await holds())) {
    if (performance.now() > patience) throw new Error(`Not within ${PATIENCE} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
