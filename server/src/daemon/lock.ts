/**
 * The exclusive lock of a state folder. Lock files are numbered: the holder is the living process with the highest
 * number, and a lock of a dead process is taken over by making the next number. Making a file that must not exist yet is
 * the one atomic step, so that two starts at once cannot both win; no file is ever replaced.
 */
import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, ownIdentity, PROCESS_IDENTITY, type ProcessIdentity } from './process-identity.ts';

/** Either the lock, or who has it. */
export type LockOutcome = { readonly release: () => void } | { readonly holder: ProcessIdentity };

interface LockFile {
  readonly number: number;
  readonly path: string;
}

/** Takes the lock, or tells who holds it. The folder exists. */
export function takeLock(folder: string, self: ProcessIdentity = ownIdentity()): LockOutcome {
  for (;;) {
    const before = lockFiles(folder);
    const holder = holderAmong(before);
    if (holder) return { holder };
    const number = (before[0]?.number ?? 0) + 1;
    const path = join(folder, `daemon.lock.${number}`);
    if (!create(path, self)) continue;
    // A listing taken while files came and went may have missed a higher number.
    const rival = holderAmong(lockFiles(folder).filter((file) => file.number > number));
    if (rival) {
      rmSync(path, { force: true });
      return { holder: rival };
    }
    for (const stale of before) rmSync(stale.path, { force: true });
    return { release: () => rmSync(path, { force: true }) };
  }
}

/** Who holds the lock now; null where nobody does. */
export function lockHolder(folder: string): ProcessIdentity | null {
  return holderAmong(lockFiles(folder));
}

/** Highest number first. */
function lockFiles(folder: string): LockFile[] {
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return names
    .map((name) => ({ number: Number(/^daemon\.lock\.(\d+)$/.exec(name)?.[1]), path: join(folder, name) }))
    .filter(({ number }) => Number.isSafeInteger(number))
    .sort((a, b) => b.number - a.number);
}

function holderAmong(files: readonly LockFile[]): ProcessIdentity | null {
  for (const { path } of files) {
    const identity = read(path);
    if (identity && isAlive(identity)) return identity;
  }
  return null;
}

/** Null for a file that has gone, or that no daemon wrote. */
function read(path: string): ProcessIdentity | null {
  try {
    return PROCESS_IDENTITY.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

/** Makes a whole file in one step; false where it exists. */
function create(path: string, self: ProcessIdentity): boolean {
  const draft = `${path}.${self.pid}.${process.hrtime.bigint()}`;
  writeFileSync(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
