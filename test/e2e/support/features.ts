/** What a person does with the features of a token. */
import type { Page } from 'playwright-core';
import { clickWord, linesWhen } from './editor.ts';
import { runCommand } from './workbench.ts';

/** Runs a command that asks for a feature, and takes the strongest one of the token under the cursor. */
export async function withStrongest(page: Page, title: string): Promise<void> {
  await runCommand(page, title);
  await page.locator('.quick-input-list .monaco-list-row.focused .quick-input-list-label-meta').first().waitFor();
  await page.keyboard.press('Enter');
}

/** Pins the strongest feature of a word: until all is known of all features, another may become that one. */
export async function pinStrongest(page: Page, word: string): Promise<void> {
  await clickWord(page, word);
  await withStrongest(page, 'Sonde: Pin Feature');
  await linesWhen(page, 'a pinned feature has a star', (lines) =>
    lines.some(({ hints }) => hints.some(({ label }) => label.startsWith('★'))),
  );
}
