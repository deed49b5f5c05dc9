/** A real daemon in a process of its own, and clients of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SondeClient } from '../../../protocol/dist/index.js';
import type { DaemonState } from '../../../server/dist/daemon/state.js';
import { connectDaemon } from '../../../server/dist/rpc/connect.js';
import { ANSWERS, type Turns } from '../turn-meter.js';

export interface BenchDaemon {
  readonly pid: number;
  /** Its script door, and the token that opens all doors. */
  readonly url: string;
  readonly token: string;
  connect(): Promise<SondeClient>;
  /** CPU time of its event loop's turns since it was asked last. */
  turns(): Promise<Turns>;
  /** Milliseconds of hovers at its sockets since it was asked last. */
  hovers(): Promise<readonly number[]>;
}

const MAIN = fileURLToPath(new URL('../../../server/dist/main.js', import.meta.url));
const METER = new URL('../turn-meter.js', import.meta.url).href;

/** Starts `sonde serve` on the CPU with these arguments, without checks in the background, and stops it after use. */
export async function withDaemon<T>(
  args: readonly string[],
  use: (daemon: BenchDaemon) => Promise<T>,
  environment: Readonly<Record<string, string>> = {},
  nodeOptions: readonly string[] = [],
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-bench-daemon-'));
  const settings = { SONDE_STATE_FOLDER: folder, SONDE_LOG_LEVEL: 'error', SONDE_CHECK_FITS: 'false' };
  const child = spawn(
    process.execPath,
    ['--import', METER, ...nodeOptions, MAIN, 'serve', '--json', '--device', 'cpu', ...args],
    {
      env: { ...process.env, ...settings, ...environment },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  const ended = once(child, 'close');
  const ask = async <T>(what: string): Promise<T> => {
    child.send(what);
    return (await once(child, 'message'))[0] as T;
  };
  try {
    const state = await listening(child.stdout!, ended);
    const token = readFileSync(state.token, 'utf8').trim();
    return await use({
      pid: state.pid,
      url: state.url,
      token,
      connect: () => connectDaemon({ url: state.url, token }, 'bench'),
      turns: () => ask('turns'),
      hovers: () => ask(ANSWERS),
    });
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Uses some clients and closes them. */
export async function withClients<T>(
  daemon: BenchDaemon,
  count: number,
  use: (clients: readonly SondeClient[]) => Promise<T>,
): Promise<T> {
  const clients = await Promise.all(Array.from({ length: count }, () => daemon.connect()));
  try {
    return await use(clients);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

async function listening(stdout: NodeJS.ReadableStream, ended: Promise<unknown>): Promise<DaemonState> {
  let text = '';
  const told = new Promise<void>((resolve) => {
    stdout.on('data', (chunk) => {
      text += chunk;
      if (text.trimEnd().endsWith('}')) resolve();
    });
  });
  const gone = ended.then(() => Promise.reject(new Error('The daemon ended before it listened.')));
  await Promise.race([told, gone]);
  gone.catch(() => undefined);
  return JSON.parse(text) as DaemonState;
}
