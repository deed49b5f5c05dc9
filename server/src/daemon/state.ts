/** The files by which a daemon is found: where they lie, the state file, the token. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { lockHolder } from './lock.ts';

/** What a running daemon tells of itself. */
const STATE = z.object({
  pid: z.number().int(),
  version: z.string(),
  protocolVersion: z.number().int(),
  host: z.string(),
  port: z.number().int(),
  /** Where scripts connect, such as `ws://127.0.0.1:7717/rpc`. */
  url: z.string(),
  /** Path of the token file. */
  token: z.string(),
  /** PEM file of the daemon's own certificate, or null without TLS. */
  certificate: z.string().nullable(),
});

export type DaemonState = z.infer<typeof STATE>;

type Environment = Readonly<Record<string, string | undefined>>;

/** The state folder of this user: SONDE_STATE_FOLDER, else the system's place for such files. */
export function stateFolder(environment: Environment = process.env, platform: string = process.platform): string {
  if (environment.SONDE_STATE_FOLDER) return environment.SONDE_STATE_FOLDER;
  if (platform === 'win32') return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'sonde');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'sonde');
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'sonde');
}

/** Makes the folder, for its owner only. */
export function prepareStateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** Writes a new random token, 256 bits in base64url, and returns it with its file, which only its owner reads. */
export function writeToken(folder: string): { token: string; path: string } {
  const token = randomBytes(32).toString('base64url');
  const path = join(folder, 'token');
  replace(path, `${token}\n`);
  return { token, path };
}

export function readToken(path: string): string {
  return readFileSync(path, 'utf8').trim();
}

export function writeState(folder: string, state: DaemonState): void {
  replace(stateFile(folder), `${JSON.stringify(state, null, 2)}\n`);
}

export function removeState(folder: string): void {
  rmSync(stateFile(folder), { force: true });
}

/** The daemon that runs over a state folder; null where none does, whatever a file left behind says. */
export function findDaemon(folder: string = stateFolder()): DaemonState | null {
  const holder = lockHolder(folder);
  if (!holder) return null;
  try {
    const state = STATE.parse(JSON.parse(readFileSync(stateFile(folder), 'utf8')));
    // Between taking the lock and listening, the file is still that of the daemon before.
    return state.pid === holder.pid ? state : null;
  } catch {
    return null;
  }
}

function stateFile(folder: string): string {
  return join(folder, 'daemon.json');
}

/** Readers see the old file or the new one, never half; nobody but the owner sees either. */
function replace(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}
