/** Pictures of the workbench in its themes, for people to look at. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

/** Not in the repository; the best are copied into its documentation by hand. */
export const SHOTS = fileURLToPath(new URL('../../../.cache/e2e', import.meta.url));

/** Classes of the workbench by kind of theme. */
const THEMES = { plain: { light: 'vs', dark: 'vs-dark' }, contrast: { light: 'hc-light', dark: 'hc-black' } } as const;

/** Leaves `name`-dark.png and `name`-light.png; `again` restores what a change of theme closes, such as a hover. */
export async function shoot(
  page: Page,
  name: string,
  again: () => Promise<void> = async () => {},
  kind: keyof typeof THEMES = 'plain',
): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.locator(`.monaco-workbench.${THEMES[kind][scheme]}`).waitFor();
    await again();
    await page.screenshot({ path: join(SHOTS, `${name}-${scheme}.png`) });
  }
}
