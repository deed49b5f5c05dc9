/**
 * Finds what a model or dictionary name means on this machine: a path, or a repository in the local Hugging Face cache.
 * Deliberately absent: downloading; the error says which command does it.
 * Source: huggingface_hub's cache layout, `models--org--name/{refs,snapshots,blobs}` (documented under "Manage your cache").
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { SondeError } from '../core/errors.ts';

export interface LocatedFolder {
  /** Absolute path; its files may be links into the cache. */
  readonly folder: string;
  /** The repository it was found as, or null for a plain path. */
  readonly repo: HubRepo | null;
}

export interface HubRepo {
  /** `org/name`, or the single name of an old repository such as `gpt2`. */
  readonly id: string;
  /** Branch, tag or commit that was asked for. */
  readonly revision: string;
  /** Commit of the snapshot. */
  readonly commit: string;
}

interface HubName {
  readonly id: string;
  readonly revision: string;
  readonly subfolder: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Resolves a name: an existing path first, then `org/name[@revision][/sub/folder]` in the cache.
 * @throws file-not-found with the download command; invalid-params for a name that is neither.
 */
export function locateFolder(name: string, environment: Environment = process.env): LocatedFolder {
  if (isFolder(name)) return { folder: resolve(name), repo: null };
  const hub = parseHubName(name);
  if (hub === null) return noSuchName(name);
  const cache = hubCacheFolder(environment);
  const repo = join(cache, `models--${hub.id.replaceAll('/', '--')}`);
  const commit = commitOf(repo, hub.revision);
  const folder = commit === null ? null : join(repo, 'snapshots', commit, hub.subfolder);
  if (commit === null || folder === null || !isFolder(folder)) return notCached(name, hub, cache, repo);
  return { folder, repo: { id: hub.id, revision: hub.revision, commit } };
}

/** The cache folder that huggingface_hub would use with this environment. */
export function hubCacheFolder(environment: Environment = process.env): string {
  const cache = environment.HF_HUB_CACHE || environment.HUGGINGFACE_HUB_CACHE;
  if (cache) return expandHome(cache);
  const home = environment.HF_HOME;
  if (home) return join(expandHome(home), 'hub');
  const xdg = environment.XDG_CACHE_HOME;
  return join(xdg ? expandHome(xdg) : join(homedir(), '.cache'), 'huggingface', 'hub');
}

/** Splits `org/name[@revision][/sub/folder]`; null when the text cannot be a hub name. */
function parseHubName(name: string): HubName | null {
  const match = /^(?<id>[\w.-]+(?:\/[\w.-]+)?)(?:@(?<revision>[\w.-]+))?(?<sub>(?:\/[^/\\\0]+)*)\/?$/.exec(name);
  if (!match?.groups) return null;
  const { id, revision = 'main', sub } = match.groups as { id: string; revision?: string; sub: string };
  const parts = [...id.split('/'), revision, ...sub.split('/')];
  // A leading dot marks a path, and `..` inside a repository would leave it.
  if (parts.some((part) => part === '.' || part === '..') || id.startsWith('.')) return null;
  return { id, revision, subfolder: sub.slice(1) };
}

/** Commit that a revision stands for: a ref's content, or a snapshot's own name; null when it is not cached. */
function commitOf(repo: string, revision: string): string | null {
  const ref = join(repo, 'refs', revision);
  const commit = isFile(ref) ? readFileSync(ref, 'utf8').trim() : revision;
  return /^[\w.-]+$/.test(commit) && commit !== '..' && isFolder(join(repo, 'snapshots', commit)) ? commit : null;
}

function notCached(name: string, hub: HubName, cache: string, repo: string): never {
  const revision = hub.revision === 'main' ? '' : ` --revision ${hub.revision}`;
  const include = hub.subfolder === '' ? '' : ` --include "${hub.subfolder}/*"`;
  const command = `hf download ${hub.id}${revision}${include}`;
  const cached = [...entries(join(repo, 'refs')), ...entries(join(repo, 'snapshots'))];
  const others = cached.length === 0 ? '' : ` Cached revisions of it: ${cached.slice(0, 8).join(', ')}.`;
  throw new SondeError(
    'file-not-found',
    `${name} is neither a folder nor in the Hugging Face cache ${cache}.${others} Download it with: ${command}`,
    { path: repo, found: cached, expected: { repo: hub.id, revision: hub.revision, folder: hub.subfolder }, command },
  );
}

function noSuchName(name: string): never {
  if (isAbsolute(name) || /^[.~]|\\/.test(name)) {
    throw new SondeError('file-not-found', `The folder ${resolve(expandHome(name))} does not exist.`, {
      path: resolve(expandHome(name)),
    });
  }
  throw new SondeError(
    'invalid-params',
    `"${name}" is neither a folder nor a hub name; expected a path or org/name[@revision][/folder].`,
    { found: name, expected: 'a path or org/name[@revision][/folder]' },
  );
}

function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
