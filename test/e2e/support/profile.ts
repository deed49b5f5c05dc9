/** Settings of the host that a test changes for a while. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostAddress } from './host.ts';

/** `User` is the person's, `Machine` that of the machine on which the extension runs. */
export type Profile = 'User' | 'Machine';

/** Changes settings of all windows; what it returns puts the former ones back. */
export function changeSettings({ folder }: HostAddress, profile: Profile, changes: object): () => void {
  const path = join(folder, 'data', profile, 'settings.json');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ ...JSON.parse(before ?? '{}'), ...changes }));
  return () => {
    if (before === undefined) rmSync(path, { force: true });
    else writeFileSync(path, before);
  };
}
