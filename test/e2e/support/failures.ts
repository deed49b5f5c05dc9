/** What is kept of a test that failed: the last picture and every log of the host. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, inject } from 'vitest';
import { logsOf } from './host.ts';
import { SHOTS } from './shots.ts';

/** After each failed test of the file, leaves what it looked like under the pictures' folder. */
export function keepFailures(page: () => Page | undefined): void {
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    const folder = join(SHOTS, 'failures', task.name.replaceAll(/\W+/g, '-'));
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(logsOf(inject('host')))) {
      if (text !== '') writeFileSync(join(folder, name.replaceAll('/', '-')), text);
    }
    await page()
      ?.screenshot({ path: join(folder, 'page.png'), timeout: 10_000 })
      .catch((error: Error) => console.error(error.message));
  });
}
