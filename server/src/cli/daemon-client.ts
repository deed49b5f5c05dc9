/** How commands find, start and use the daemon; each can also do without one. */
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RemoteError, type Result, type SondeClient } from '@sonde/protocol';
import { ERROR_KINDS, type ErrorKind, SondeError } from '../core/errors.ts';
import type { Device } from '../core/runner.ts';
import { type DaemonState, findDaemon, prepareStateFolder, readToken, stateFolder } from '../daemon/state.ts';
import { connectDaemon, type DaemonAddress } from '../rpc/connect.ts';
import { EMBEDDED_MODEL, embeddedDictionaries } from './open-engine.ts';
import { printWarnings } from './output.ts';

/** What decides whether a running daemon can do a command's work. */
export interface DaemonChoice {
  /** False with `--no-daemon`. */
  readonly daemon: boolean;
  readonly device?: 'auto' | Device;
  readonly memoryLimit?: number;
}

/** A daemon that starts may have a model to load. */
const START_MILLISECONDS = 120_000;
const POLL_MILLISECONDS = 25;
/** A daemon that an editor started ends when none has been there for half an hour, unless it is told otherwise. */
const IDLE_SECONDS = 1800;

/** Address and secrets of a daemon, from its state file. */
export function addressOf({ url, token, certificate }: DaemonState): DaemonAddress {
  const pem = certificate === null ? {} : { certificate: readFileSync(certificate, 'utf8') };
  return { url, token: readToken(token), ...pem };
}

/** Opens a session of a command. */
export function openClient(state: DaemonState, command: string): Promise<SondeClient> {
  return connectDaemon(addressOf(state), `sonde ${command}`);
}

/**
 * Does work through the running daemon; undefined where there is none that can do it, so that the caller computes itself:
 * with `--no-daemon`, a device or a memory limit of its own, or a path that the daemon may not read.
 */
export async function throughDaemon<T>(
  command: string,
  { daemon, device = 'auto', memoryLimit }: DaemonChoice,
  work: (client: SondeClient) => Promise<T>,
): Promise<T | undefined> {
  const state = daemon && memoryLimit === undefined ? findDaemon() : null;
  if (!state) return undefined;
  const client = await openClient(state, command).catch((error: Error) => {
    printWarnings([`The daemon at ${state.url} cannot be used (${error.message}); computing here.`]);
    return null;
  });
  if (!client) return undefined;
  try {
    if (device !== 'auto' && (await client.request('sonde/daemon/status', {})).engine.device !== device) {
      return undefined;
    }
    return await work(client);
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    if (error.kind !== 'path-outside-roots') throw localError(error);
    printWarnings([`${error.message} Computing here instead.`]);
    return undefined;
  } finally {
    await client.close();
  }
}

/** The name of a model for whoever runs in another folder: paths become absolute. */
export function absoluteName(name: string): string {
  return name !== EMBEDDED_MODEL && existsSync(name) ? resolve(name) : name;
}

/** Loads a model and dictionaries in the daemon as `openEngine` does here; returns what is attached, in order. */
export async function loadRemotely(
  client: SondeClient,
  model: string,
  dictionaries: readonly string[],
  folding: { fold?: boolean } = {},
): Promise<Result<'sonde/dictionary/load'>['dictionaries']> {
  await client.request('sonde/model/load', { name: model });
  const paths = dictionaries.length > 0 || model !== EMBEDDED_MODEL ? dictionaries : embeddedDictionaries();
  const loaded = [];
  for (const path of paths) {
    loaded.push(
      ...(await client.request('sonde/dictionary/load', { model, path: absoluteName(path), ...folding })).dictionaries,
    );
  }
  return loaded;
}

/**
 * The running daemon, or one that is started in the background and ends after so long without clients (0: never).
 * @throws device-unavailable with its log's path.
 */
export async function ensureDaemon(idleSeconds = IDLE_SECONDS): Promise<DaemonState> {
  const running = findDaemon();
  if (running) return running;
  const folder = stateFolder();
  prepareStateFolder(folder);
  const logFile = join(folder, 'daemon.log');
  const main = fileURLToPath(new URL('../main.js', import.meta.url));
  const child = spawn(process.execPath, [main, 'serve', '--idle-shutdown', String(idleSeconds)], {
    detached: true,
    stdio: ['ignore', 'ignore', openSync(logFile, 'w', 0o600)],
  });
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  child.unref();
  const patience = performance.now() + START_MILLISECONDS;
  while (performance.now() < patience) {
    const state = findDaemon();
    if (state) return state;
    if (ended) break;
    await new Promise((done) => setTimeout(done, POLL_MILLISECONDS));
  }
  throw new SondeError('device-unavailable', `The daemon does not start; ${logFile} tells why.`, { logFile });
}

/** The daemon's error as one of this process, so that exit codes agree. */
function localError(error: RemoteError): Error {
  const { kind, message, detail } = error;
  return Object.hasOwn(ERROR_KINDS, kind) ? new SondeError(kind as ErrorKind, message, detail, error) : error;
}
