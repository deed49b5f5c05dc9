/** Whether this machine can run the suites that need a browser: Chromium, driven without a download. */
import { existsSync } from 'node:fs';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The browser to run, or why there is none; an explicit SONDE_CHROMIUM is kept. */
export type BrowserPlan = { readonly executable: string } | { readonly missing: string };

export function browserPlan(): BrowserPlan {
  const executable = [process.env.SONDE_CHROMIUM ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));
  return executable === undefined
    ? { missing: 'there is no Chromium (apt-get install chromium, or name one by SONDE_CHROMIUM)' }
    : { executable };
}
