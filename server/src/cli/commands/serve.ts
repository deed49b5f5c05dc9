/** `sonde serve`: the daemon. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import chalk from 'chalk';
import { Command } from 'commander';
import { SondeError } from '../../core/errors.ts';
import { type ConfigInput, type DaemonConfig, readConfig } from '../../daemon/config.ts';
import { type Daemon, type Started, sessionServices, startDaemon } from '../../daemon/daemon.ts';
import { createLog } from '../../daemon/log.ts';
import { createRoots, locateInside, type Roots } from '../../daemon/roots.ts';
import { type DaemonState, stateFolder } from '../../daemon/state.ts';
import type { Engine } from '../../engine/engine.ts';
import { hubCacheFolder } from '../../files/hub-cache.ts';
import { lspDoor } from '../../lsp/door.ts';
import { openSession } from '../../rpc/session.ts';
import { serveStdio } from '../../rpc/stdio.ts';
import { EMBEDDED_FOLDER, EMBEDDED_MODEL, openEngine } from '../open-engine.ts';
import { type SetExitCode, wholeNumber, withJson } from '../options.ts';
import { print, printJson } from '../output.ts';
import { VERSION } from '../version.ts';

interface Options {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly root?: string[];
  readonly model?: string;
  readonly dictionary?: string[];
  readonly device?: DaemonConfig['device'];
  readonly memoryLimit?: number;
  readonly idleShutdown?: number;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly allowOrigin?: string[];
  readonly allowHost?: string[];
  readonly stdio?: boolean;
  readonly json?: boolean;
}

export function serveCommand(_: SetExitCode): Command {
  const command = new Command('serve')
    .description('start the daemon, or find the one that runs')
    .option('-c, --config <path>', 'JSON file; its schema is config.schema.json in this package')
    .option('--host <address>', 'where to listen (default: 127.0.0.1; beyond loopback TLS is required)')
    .option('--port <number>', 'port (default: a free one)', wholeNumber(0))
    .option('--root <folder...>', 'folders that requests may load from, besides the working folder and the hub cache')
    .option('-m, --model <name>', 'model to load at the start (default: the embedded one)')
    .option('-d, --dictionary <path...>', 'dictionaries to attach to it')
    .option('--device <device>', 'where to compute (default: auto)')
    .option('--memory-limit <GiB>', 'refuse models that are predicted to take more', Number)
    .option('--idle-shutdown <seconds>', 'stop when no client was there so long', wholeNumber(0))
    .option('--tls-certificate <path>', 'PEM file')
    .option('--tls-key <path>', 'PEM file')
    .option('--allow-origin <origin...>', 'origins of web pages that may connect')
    .option('--allow-host <name...>', 'further names by which clients reach the daemon')
    .option('--stdio', 'serve one client on standard input and output instead, with no port and no lock');
  return withJson(command).action(async (options: Options) => {
    const config = configOf(options);
    if (options.stdio) return stdio(config, rootsOf(config));
    const started = await launch(config);
    if ('running' in started) return announce(started.running, 'runs already', options.json);
    announce(started.daemon.state, 'listens', options.json);
    await untilStopped(started.daemon);
  });
}

/** Starts the daemon in this process, or finds the one that runs. */
export function launch(config: DaemonConfig): Promise<Started> {
  const roots = rootsOf(config);
  const log = createLog(config.log_level);
  return startDaemon({
    config,
    version: VERSION,
    stateFolder: config.state_folder ?? stateFolder(),
    roots,
    log,
    openEngine: () => engineOf(config),
    doors: (engine) =>
      new Map([['/lsp', lspDoor({ version: VERSION, engine, log, locate: (name) => locateInside(roots, name) })]]),
  });
}

/** Settles once a signal, or a client, has stopped the daemon. */
export async function untilStopped(daemon: Daemon): Promise<void> {
  const onSignal = (signal: NodeJS.Signals): void => daemon.stop(signal);
  process.once('SIGTERM', onSignal).once('SIGINT', onSignal);
  await daemon.stopped;
}

async function stdio(config: DaemonConfig, roots: Roots): Promise<void> {
  const engine = await engineOf(config);
  const log = createLog(config.log_level);
  const life = { clients: () => 1, stop: () => process.stdin.destroy(), draining: () => false };
  const services = sessionServices(engine, { config, version: VERSION, roots, log }, life);
  try {
    await serveStdio((connection) => openSession(connection, services), {
      input: process.stdin,
      output: process.stdout,
      maxMessageBytes: config.max_message_bytes,
    });
  } finally {
    await engine.dispose();
  }
}

function announce(state: DaemonState, does: string, json = false): void {
  if (json) {
    printJson(state);
    return;
  }
  print(`${chalk.bold('Sonde')} ${does} at ${chalk.cyan(state.url)} (process ${state.pid})`);
  print(`Token: ${state.token}`);
}

function engineOf(config: DaemonConfig): Promise<Engine> {
  const { model, dictionaries, device, memory_limit_gib, check_fits, memo_bytes, prefix_bytes } = config;
  return openEngine({
    model,
    dictionaries,
    device,
    checkFits: check_fits,
    memoBytes: memo_bytes,
    prefixBytes: prefix_bytes,
    ...(memory_limit_gib === null ? {} : { memoryLimit: memory_limit_gib }),
  });
}

function rootsOf({ roots }: DaemonConfig): Roots {
  const folders = [process.cwd(), hubCacheFolder(), dirname(EMBEDDED_FOLDER), ...roots];
  return createRoots(folders, new Map([[EMBEDDED_MODEL, join(EMBEDDED_FOLDER)]]));
}

function configOf(options: Options): DaemonConfig {
  const { tlsCertificate, tlsKey } = options;
  if ((tlsCertificate === undefined) !== (tlsKey === undefined)) {
    throw new SondeError('invalid-params', 'TLS takes both --tls-certificate and --tls-key.');
  }
  const given: Partial<Record<keyof ConfigInput, unknown>> = {
    host: options.host,
    port: options.port,
    roots: options.root,
    model: options.model,
    dictionaries: options.dictionary,
    device: options.device,
    memory_limit_gib: options.memoryLimit,
    idle_shutdown_seconds: options.idleShutdown,
    tls: tlsCertificate === undefined ? undefined : { certificate: tlsCertificate, key: tlsKey },
    allowed_origins: options.allowOrigin,
    allowed_hosts: options.allowHost,
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return readConfig(options.config === undefined ? null : configFile(options.config), process.env, set);
}

function configFile(path: string): { path: string; text: string } {
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (cause) {
    throw new SondeError(
      'file-not-found',
      `The config ${path} cannot be read: ${(cause as Error).message}.`,
      { path },
      cause,
    );
  }
}
