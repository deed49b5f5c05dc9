/**
 * Confines the paths of requests to folders that were allowed, after links are resolved: the folder's own path, and every
 * link inside it. A name that is no path is looked up in the hub cache, which is a root. What changes a folder between
 * this check and its reading is not defended against: who can write inside a root is trusted.
 */
import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { SondeError } from '../core/errors.ts';
import { locateFolder } from '../files/hub-cache.ts';

/** Entries looked at for links; a folder of a model has a few dozen. */
const MAX_ENTRIES = 10_000;

export interface Roots {
  /** Absolute folders, links resolved. */
  readonly folders: readonly string[];
  /** Names that stand for folders of their own, such as the embedded model. */
  readonly names: ReadonlyMap<string, string>;
}

/** Resolves the folders; one that does not exist is no root. */
export function createRoots(folders: readonly string[], names: ReadonlyMap<string, string> = new Map()): Roots {
  return { folders: folders.flatMap((folder) => realPath(folder) ?? []), names };
}

/**
 * The folder or file that a request's name means, links resolved.
 * @throws file-not-found; path-outside-roots, which does not tell whether the path exists.
 */
export function locateInside(roots: Roots, name: string): string {
  const named = roots.names.get(name);
  if (named !== undefined) return named;
  if (name.includes('\0')) throw new SondeError('invalid-params', 'A path holds a null character.');
  const file = realPath(name);
  // A single file is a dictionary too; a folder, or a hub name, is looked up as everywhere else.
  const path = file ?? existing(name, roots);
  if (!isInside(roots, path)) outside(roots, name);
  checkLinks(roots, path, name);
  return path;
}

function existing(name: string, roots: Roots): string {
  // A path that is not there must not be told from one that is, outside the roots.
  if (/^[./~\\]|^[A-Za-z]:/.test(name) && !mayLieInside(roots, name)) outside(roots, name);
  return realpathSync(locateFolder(name).folder);
}

function mayLieInside(roots: Roots, name: string): boolean {
  for (let path = name; ; path = dirname(path)) {
    const real = realPath(path);
    if (real !== null) return isInside(roots, real);
    if (dirname(path) === path) return false;
  }
}

function checkLinks(roots: Roots, folder: string, name: string): void {
  if (!lstatSync(folder).isDirectory()) return;
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  for (const entry of entries.slice(0, MAX_ENTRIES)) {
    if (!entry.isSymbolicLink()) continue;
    const target = realPath(join(entry.parentPath, entry.name));
    // A link to nothing is reported by whoever needs the file.
    if (target !== null && !isInside(roots, target)) outside(roots, `${name} (by the link ${entry.name})`);
  }
  if (entries.length > MAX_ENTRIES) {
    throw new SondeError('too-large', `${name} holds ${entries.length} entries; at most ${MAX_ENTRIES} are expected.`, {
      found: entries.length,
      expected: MAX_ENTRIES,
    });
  }
}

function isInside({ folders }: Roots, path: string): boolean {
  return folders.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep));
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function outside({ folders }: Roots, name: string): never {
  throw new SondeError(
    'path-outside-roots',
    `${name} lies outside the folders that this daemon may load from: ${folders.join(', ')}. Start it with --root to allow more.`,
    { found: name, expected: folders },
  );
}
