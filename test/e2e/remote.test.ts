/** A daemon elsewhere, by its `wss://` address: certificate, token, and what is said where they are wrong. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts';
import { fixturePath } from '../support/fixtures.ts';
import { haveHints, linesWhen } from './support/editor.ts';
import { keepFailures } from './support/failures.ts';
import { changeSettings } from './support/profile.ts';
import { launchBrowser, openWorkbench, runCommand, statusItem, until, type Workbench } from './support/workbench.ts';

const TEXT = 'Hello there';
const CERTIFICATE = fixturePath('tls', 'certificate.pem');
/** Longer than the pauses before a second and a third attempt at a connection that was lost. */
const SILENCE = 4000;

let browser: Browser;
let window: Workbench;
let daemon: TestDaemon;
let way: Way;
let restore = (): void => {};

beforeAll(async () => {
  way = await countedWay();
  const tls = ['--tls-certificate', CERTIFICATE, '--tls-key', fixturePath('tls', 'key.pem')];
  daemon = await startTestDaemon([...tls, '--allow-host', `127.0.0.1:${way.port}`]);
  way.to(Number(new URL(daemon.state.url).port));
  browser = await launchBrowser();
});
afterAll(async () => {
  restore();
  await browser?.close();
  way?.server.close();
  await daemon?.end();
});
keepFailures(() => window?.page);

interface Way {
  readonly server: Server;
  readonly port: number;
  to(port: number): void;
  /** Connections so far. */
  count(): number;
}

/** A port that hands every connection on and counts them. */
async function countedWay(): Promise<Way> {
  let target = 0;
  let count = 0;
  const server = createServer((near) => {
    count++;
    const far = connect(target, '127.0.0.1');
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      from.pipe(to);
      from.on('error', () => to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const to = (port: number): void => {
    target = port;
  };
  return { server, port: (server.address() as AddressInfo).port, to, count: () => count };
}

/** Sets where the daemon is, on the machine that the extension runs on. */
function setDaemon(settings: object): void {
  restore();
  restore = changeSettings(inject('host'), 'Machine', {
    'sonde.daemon.url': `wss://127.0.0.1:${way.port}`,
    ...settings,
  });
}

function message(page: Page, text: string): Locator {
  return page.locator('.notification-toast', { hasText: text });
}

async function dismiss(page: Page, told: Locator): Promise<void> {
  await runCommand(page, 'Notifications: Clear All Notifications');
  await told.first().waitFor({ state: 'detached' });
}

/** Types into the box that asks for a token. */
async function giveToken(page: Page, token: string): Promise<void> {
  const box = page.locator('.quick-input-widget input[type="password"]');
  await box.fill(token);
  await box.press('Enter');
}

/** That nobody comes by the way for a while. */
async function expectSilence(): Promise<void> {
  const before = way.count();
  await new Promise((resolve) => setTimeout(resolve, SILENCE));
  expect(way.count()).toBe(before);
}

test('a certificate that nobody signed is refused with the setting that names it, once', async () => {
  // Of the small model of random weights all features are dense.
  const settings = JSON.stringify({ 'sonde.hideDense': false, 'sonde.hideBosOnly': false, 'sonde.threshold': 0 });
  window = await openWorkbench(browser, { '.vscode/settings.json': settings, 'a.prompt': `${TEXT}\n` }, 'a.prompt');
  const { page } = window;
  await statusItem(page).filter({ hasText: 'tinyworld' }).waitFor();
  setDaemon({});
  const wants = message(page, 'wants a token');
  await wants.waitFor();
  expect(way.count()).toBe(0);
  await wants.getByRole('button', { name: 'Set Token' }).click();
  await giveToken(page, 'not-the-token');
  const refused = message(page, 'sonde.daemon.certificate');
  await refused.waitFor();
  await expectSilence();
  await dismiss(page, refused);
});

test('a wrong token is told, and not sent again and again', async () => {
  const { page } = window;
  setDaemon({ 'sonde.daemon.certificate': CERTIFICATE });
  const refused = message(page, 'refuses the token');
  await refused.waitFor();
  await expectSilence();
  expect(await statusItem(page).locator('[aria-label*="not connected"]').count()).toBe(1);
  await dismiss(page, refused);
});

test('with the right token hints come from there, and it is kept as a secret', async () => {
  const { page } = window;
  await runCommand(page, 'Sonde: Set Token of Remote Daemon');
  await giveToken(page, daemon.token);
  await statusItem(page).filter({ hasText: 'gpt2' }).waitFor();
  await linesWhen(page, 'hints of its model', (lines) => haveHints(lines, [TEXT]));

  await page.reload({ waitUntil: 'commit' });
  await statusItem(page).filter({ hasText: 'gpt2' }).waitFor();
  await linesWhen(page, 'hints after the window was loaded again', (lines) => haveHints(lines, [TEXT]));
  const { folder } = inject('host');
  const files = ['data', 'home'].flatMap((name) =>
    readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  expect(files.filter((path) => readFileSync(path, 'latin1').includes(daemon.token))).toEqual([]);
  expect(files.length).toBeGreaterThan(5);
});

test('without an address the window is back with this machine’s own', async () => {
  const { page } = window;
  // A window that was loaded a moment ago may not watch the file yet, and misses what was written before.
  await until('the embedded model is back', async () => {
    setDaemon({ 'sonde.daemon.url': '' });
    const item = statusItem(page).filter({ hasText: 'tinyworld' });
    return item.waitFor({ timeout: 5000 }).then(
      () => true,
      () => false,
    );
  });
});
