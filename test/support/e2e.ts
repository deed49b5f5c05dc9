/** Whether this machine can run the end-to-end tests: a browser, and the workbench that it shows. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hostFolder } from '../e2e/host/place.mjs';
import { browserPlan } from './browser.ts';

/** Where the workbench and its Node lie, or why the tests cannot run. */
export type E2ePlan = { readonly folder: string; readonly browser: string } | { readonly missing: string };

export function e2ePlan(): E2ePlan {
  const browser = browserPlan();
  if ('missing' in browser) return browser;
  if (process.platform !== 'linux' || process.arch !== 'x64') return { missing: 'the workbench is for linux-x64' };
  const folder = hostFolder();
  if (!existsSync(join(folder, '.installed')))
    return { missing: 'no workbench is installed (npm run test:e2e does it)' };
  return { folder, browser: browser.executable };
}
