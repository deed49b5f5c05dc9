/**
 * What the relay answers in its editor's place: files of the workspace, and feature pages as files of a cache. Invariants:
 * only files inside the workspace's folders are read, links resolved; entries, bytes and pages are bounded.
 */
import { mkdirSync, readdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createGunzip } from 'node:zlib';
import { type EditorResult, workspaceList, workspacePage, workspaceRead } from '@sonde/protocol';

/** Answers one of the server's questions; undefined for any other message. */
export type WorkspaceAnswer = (method: string, params: unknown) => Promise<unknown> | undefined;

const ENDINGS = ['.prompt', '.jsonl', '.ndjson', '.csv', '.txt'];
const LEFT_OUT = new Set(['node_modules', '.git', '.hg', '.venv', '__pycache__', 'dist', 'build']);
/** Entries of folders that are looked at, levels of folders, pages that are kept. */
const MAX_ENTRIES = 50_000;
const MAX_DEPTH = 12;
const MAX_PAGES = 500;

/** Where pages are kept. */
export function pageFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sonde', 'features');
}

/** Answers over the folders that `folders` tells at each question. */
export function workspaceAnswers(folders: () => readonly string[], pages: string): WorkspaceAnswer {
  return (method, params) => {
    switch (method) {
      case workspaceList.name:
        return later(() => list(folders(), workspaceList.params.parse(params).limit));
      case workspaceRead.name: {
        const { uri, limit } = workspaceRead.params.parse(params);
        return read(folders(), uri, limit);
      }
      case workspacePage.name: {
        const { name, text } = workspacePage.params.parse(params);
        return later(() => page(pages, name, text));
      }
      default:
        return undefined;
    }
  };
}

async function later<T>(work: () => T): Promise<T> {
  return work();
}

function list(folders: readonly string[], limit: number): EditorResult<'sonde/workspace/list'> {
  const files: { uri: string; size: number }[] = [];
  let entries = 0;
  let truncated = false;
  const queue = folders.flatMap((folder) => localPath(folder) ?? []).map((path) => ({ path, depth: 0 }));
  for (let next = queue.shift(); next; next = queue.shift()) {
    for (const entry of contents(next.path)) {
      if (++entries > MAX_ENTRIES || files.length >= limit) return { files, truncated: true };
      const path = join(next.path, entry.name);
      // Links are not followed: what they lead to may lie outside, or lead back.
      if (entry.isDirectory()) {
        const hidden = entry.name.startsWith('.') && entry.name !== '.sonde';
        if (hidden || LEFT_OUT.has(entry.name)) continue;
        if (next.depth < MAX_DEPTH) queue.push({ path, depth: next.depth + 1 });
        else truncated = true;
      } else if (entry.isFile() && ENDINGS.some((ending) => entry.name.toLowerCase().endsWith(ending))) {
        const size = statSync(path, { throwIfNoEntry: false })?.size;
        if (size !== undefined) files.push({ uri: pathToFileURL(path).href, size });
      }
    }
  }
  return { files, truncated };
}

async function read(
  folders: readonly string[],
  uri: string,
  limit: number,
): Promise<EditorResult<'sonde/workspace/read'>> {
  const nothing = { text: null, truncated: false };
  const path = localPath(uri);
  const real = path === null ? null : realPath(path);
  const roots = folders.flatMap((folder) => realPath(localPath(folder) ?? '') ?? []);
  if (real === null || !roots.some((root) => real.startsWith(root.endsWith(sep) ? root : root + sep))) return nothing;
  try {
    if (!statSync(real).isFile()) return nothing;
    const { bytes, truncated } = await beginning(real, limit);
    // A cut may fall inside a character: what is left of it is not decoded.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: truncated });
    return { text, truncated };
  } catch {
    return nothing;
  }
}

/** The first bytes of a file, those of what is inside of a gzip file; no more is held of one that is longer. */
async function beginning(path: string, limit: number): Promise<{ bytes: Uint8Array; truncated: boolean }> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    const zipped = bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    // One byte more tells whether there is more.
    const raw = file.createReadStream({ start: 0, autoClose: false, ...(zipped ? {} : { end: limit }) });
    const chunks: Uint8Array[] = [];
    let length = 0;
    // A pipeline hands errors on; whoever reads its end meets them.
    const source = zipped ? pipeline(raw, createGunzip(), () => undefined) : raw;
    for await (const chunk of source) {
      chunks.push(chunk as Uint8Array);
      length += (chunk as Uint8Array).length;
      if (length > limit) break;
    }
    return { bytes: Buffer.concat(chunks).subarray(0, limit), truncated: length > limit };
  } finally {
    await file.close();
  }
}

/** Writes a page, read-only; the oldest ones go when there are many. */
function page(folder: string, name: string, text: string): EditorResult<'sonde/workspace/page'> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, name);
  // Whoever reads it meanwhile, and another relay that writes it, see a whole page.
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o400, flag: 'wx' });
  renameSync(draft, path);
  const kept = readdirSync(folder).map((entry) => ({
    entry,
    changed: statSync(join(folder, entry), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }));
  kept.sort((a, b) => b.changed - a.changed);
  for (const { entry } of kept.slice(MAX_PAGES)) rmSync(join(folder, entry), { force: true });
  return { uri: pathToFileURL(path).href };
}

function contents(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function localPath(uri: string): string | null {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : null;
  } catch {
    return null;
  }
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
