/** Which workbench the end-to-end tests drive, and where it is installed: outside the repository, once per release. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Release of code-server; its editor is Visual Studio Code 1.139.1. */
export const HOST = '4.139.1';
/** Release of Node that it wants; a package of its own, beside it. */
export const NODE = '24.21.0';

/** SONDE_E2E_HOST, else a folder of the user's cache. */
export function hostFolder() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return process.env.SONDE_E2E_HOST || join(cache, 'sonde-e2e', `code-server-${HOST}`);
}
