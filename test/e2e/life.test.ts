/** What befalls windows and the daemon: one daemon for all, which may die; a window that is loaded again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type DrawnLine, goToEnd, haveHints, hoverWord, lineOf, linesWhen, watchHints } from './support/editor.ts';
import { keepFailures } from './support/failures.ts';
import { claim, daemonOf, type HostAddress, logsOf } from './support/host.ts';
import { shoot } from './support/shots.ts';
import {
  launchBrowser,
  openFile,
  openWorkbench,
  runCommand,
  statusItem,
  until,
  type Workbench,
} from './support/workbench.ts';

const FIRST = 'EN: In Basel Sam has a heavy signal.';
const SECOND = 'EN: Sam sees the canal near Basel.';
const FILES = { 'first.prompt': `${FIRST}\n`, 'second.prompt': `${SECOND}\n`, 'notes.md': `${SECOND}\n` };

let browser: Browser;
let window: Workbench;

beforeAll(async () => {
  browser = await launchBrowser();
  window = await openWorkbench(browser, FILES, 'first.prompt');
});
afterAll(() => browser?.close());
keepFailures(() => window?.page);

function hintsOn(page: Page, line: string): Promise<DrawnLine[]> {
  return linesWhen(page, `"${line}" has hints`, (lines) => haveHints(lines, [line]));
}

test('the extension runs the daemon of its own package and tells model and device', async () => {
  const { page } = window;
  await hintsOn(page, FIRST);
  const { folder } = inject('host');
  const command = readFileSync(`/proc/${daemonOf(inject('host'))!.pid}/cmdline`, 'utf8').split('\0');
  expect(command[1]).toContain(join(folder, 'extensions', 'sonde.sonde-vscode-'));
  await statusItem(page).filter({ hasText: 'tinyworld' }).waitFor();
  expect(await statusItem(page).textContent()).toContain('cpu');
});

test('two windows share one daemon', async () => {
  const { pid } = daemonOf(inject('host'))!;
  const other = await window.another('second.prompt');
  await hintsOn(other.page, SECOND);
  expect(daemonOf(inject('host'))!.pid).toBe(pid);
  await other.page.close();
});

/** Kills the daemon and does something meanwhile; `back` tells when what the new one says is shown. */
async function throughDeath(page: Page, meanwhile: () => Promise<void>, back: () => Promise<void>): Promise<void> {
  const before = await settledHints(page);
  const end = await watchHints(page, [FIRST]);
  const { pid } = daemonOf(inject('host'))!;
  process.kill(pid, 'SIGKILL');
  await meanwhile();
  await until('another daemon runs', async () => (daemonOf(inject('host'))?.pid ?? pid) !== pid);
  await back();
  const after = await settledHints(page);
  const { fewest, most, frames } = await end();
  expect(frames).toBeGreaterThan(10);
  // A daemon that has just begun may find another feature dense; what neither shows may be missing.
  expect(fewest[FIRST]).toBeGreaterThanOrEqual(Math.min(before.first, after.first));
  // Nor are there ever those of both at once.
  expect(most[FIRST]).toBeLessThan(before.all + after.first);
}

/** How many hints the line has once they no longer change, in all and on its first words. */
async function settledHints(page: Page): Promise<{ readonly all: number; readonly first: number }> {
  let last: DrawnLine['hints'] = [];
  await until('hints rest', async () => {
    await page.waitForTimeout(1000);
    const before = last.length;
    last = lineOf(await hintsOn(page, FIRST), FIRST)!.hints;
    return last.length === before;
  });
  return { all: last.length, first: last.filter(({ at }) => at <= FIRST.length).length };
}

test('a daemon that is killed comes back, and no hint vanishes at any frame', async () => {
  const { page } = window;
  const connected = statusItem(page).filter({ hasText: 'tinyworld' });
  await throughDeath(
    page,
    () => connected.waitFor({ state: 'detached' }),
    async () => {
      await connected.waitFor();
      await hoverWord(page, 'Basel', /not explained/i);
    },
  );
  await page.mouse.move(0, 0);
});

test('nor does one while a person types before it is back', async () => {
  const { page } = window;
  await goToEnd(page);
  await throughDeath(
    page,
    () => page.keyboard.type(' Sam sees the canal.', { delay: 60 }),
    async () => {
      await linesWhen(page, 'hints on what was typed', (lines) =>
        (lineOf(lines, FIRST)?.hints ?? []).some(({ at }) => at > FIRST.length + 4),
      );
      await statusItem(page).filter({ hasText: 'tinyworld' }).waitFor();
    },
  );
  await shoot(page, 'recovered');
});

test('an annotated selection outlives the daemon, and ends with its tab', async () => {
  const { page } = window;
  await openFile(page, 'notes.md');
  await goToEnd(page);
  await page.keyboard.press('Control+a');
  await runCommand(page, 'Sonde: Annotate Selection');
  await hintsOn(page, SECOND);
  const { pid } = daemonOf(inject('host'))!;
  process.kill(pid, 'SIGKILL');
  const connected = statusItem(page).filter({ hasText: 'tinyworld' });
  await connected.waitFor({ state: 'detached' });
  await connected.waitFor();
  await hoverWord(page, 'canal', /not explained/i);
  await page.mouse.move(0, 0);
  await hintsOn(page, SECOND);

  const close = (): Promise<void> => page.locator('.tab.active', { hasText: 'notes.md' }).click({ button: 'middle' });
  await close();
  await openFile(page, 'notes.md');
  await linesWhen(page, 'the text is there without hints', (lines) => lineOf(lines, SECOND)?.hints.length === 0);
  await close();
});

test('a daemon of another version is told with what to do, and not asked again and again', async () => {
  const { page } = window;
  const host = inject('host');
  const { pid, protocolVersion } = daemonOf(host)!;
  const attempts = (): number => logged(host, /line: (?:starting|ready|failed|reconnecting)/g);
  claim(host, { protocolVersion: protocolVersion + 98 });
  try {
    await runCommand(page, 'Sonde: Reconnect');
    const told = page.locator('.notification-toast', { hasText: `speaks protocol version ${protocolVersion + 98}` });
    await told.waitFor();
    expect(await told.textContent()).toContain('sonde stop');
    const before = attempts();
    // Longer than the pauses before a second and a third attempt at a connection that was lost.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(attempts()).toBe(before);
    claim(host, { protocolVersion });
    await told.getByRole('button', { name: 'Retry' }).click();
    await statusItem(page).filter({ hasText: 'tinyworld' }).waitFor();
    expect(daemonOf(host)!.pid).toBe(pid);
    await hintsOn(page, FIRST);
  } finally {
    claim(host, { protocolVersion });
  }
});

/** How often something stands in the extension's logs. */
function logged(host: HostAddress, text: RegExp): number {
  const logs = Object.entries(logsOf(host)).filter(([name]) => name.endsWith('Sonde.log'));
  return logs.reduce((sum, [, log]) => sum + (log.match(text) ?? []).length, 0);
}

test('a window that is loaded again shows hints again', async () => {
  const { page } = window;
  await page.keyboard.press('Control+s');
  await page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
  await page.reload({ waitUntil: 'commit' });
  await hintsOn(page, FIRST);
});
