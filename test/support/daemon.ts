/** A real daemon in a process of its own, over a small fixture model. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { connect, type SondeClient } from '../../protocol/src/client.ts';
import type { Codec } from '../../protocol/src/codec.ts';
import { type WebSocketConstructor, webSocketTransport } from '../../protocol/src/transports.ts';
import type { DaemonState } from '../../server/src/daemon/state.ts';
import { fixturePath } from './fixtures.ts';

/** The built command line; `npm test` builds it first. */
export const MAIN = fileURLToPath(new URL('../../server/dist/main.js', import.meta.url));
export const MODEL = fixturePath('models', 'gpt2');
export const DICTIONARY = fixturePath('dictionaries', 'saelens-jumprelu');

/** Against what never happens; a busy machine may be slow. */
const PATIENCE_MILLISECONDS = 120_000;

export interface TestDaemon {
  readonly state: DaemonState;
  readonly folder: string;
  readonly token: string;
  readonly process: ChildProcess;
  /** What it logged so far. */
  log(): string;
  connect(codec?: Codec): Promise<SondeClient>;
  /** Ends it, if it has not ended. */
  end(): Promise<void>;
}

/** Runs `sonde` to its end. */
export async function sonde(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...environment }, stdio: 'pipe' });
  child.stdin.end();
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  const [code] = await once(child, 'close');
  return { code, ...output };
}

/** Starts a daemon and waits until it listens; `end` it. */
export async function startTestDaemon(
  args: readonly string[] = [],
  environment: Record<string, string> = {},
): Promise<TestDaemon> {
  const folder = environment.SONDE_STATE_FOLDER ?? mkdtempSync(join(tmpdir(), 'sonde-wire-'));
  const model = ['serve', '--json', '--model', MODEL, '--dictionary', DICTIONARY, '--device', 'cpu'];
  const child = spawn(process.execPath, [MAIN, ...model, ...args], {
    // Checks in the background would take the processor from what is tested.
    env: { ...process.env, SONDE_STATE_FOLDER: folder, SONDE_CHECK_FITS: 'false', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const ended = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      if (stdout.trimEnd().endsWith('}')) resolve();
    });
    void ended.then(() => reject(new Error(`The daemon ended before it listened: ${stderr}${stdout}`)));
  });
  const state = JSON.parse(stdout) as DaemonState;
  const token = readFileSync(state.token, 'utf8').trim();
  return {
    state,
    folder,
    token,
    process: child,
    log: () => stderr,
    connect: (codec = 'messagepack') => connectTo(state.url, token, codec),
    async end() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A client of a daemon by its address. */
export async function connectTo(url: string, token: string, codec: Codec = 'messagepack'): Promise<SondeClient> {
  const transport = await webSocketTransport({ url, token, WebSocket: WebSocket as unknown as WebSocketConstructor });
  return connect(transport, { name: 'test', codec });
}

/** Waits until `holds` answers true. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const patience = performance.now() + PATIENCE_MILLISECONDS;
  while (!(await holds())) {
    if (performance.now() > patience) throw new Error(`Not within ${PATIENCE_MILLISECONDS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
