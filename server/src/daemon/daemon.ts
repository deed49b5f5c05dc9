/**
 * The daemon: one process that many clients share. Its life: lock, engine, listen, state file; then drain, close, release.
 * Invariants: at most one daemon per state folder; the state file names a daemon that listens. Deliberately absent: what
 * an engine is made of, which the caller injects, and signals, which belong to the command.
 */
import type { Server } from 'node:http';
import { PROTOCOL_VERSION } from '@sonde/protocol';
import { SondeError } from '../core/errors.ts';
import type { Door, Log } from '../rpc/connection.ts';
import type { EngineDoor } from '../rpc/engine-door.ts';
import { createHandlers } from '../rpc/handlers/handlers.ts';
import { openSession, type SessionServices } from '../rpc/session.ts';
import { webSocketLines } from '../rpc/websocket.ts';
import type { DaemonConfig } from './config.ts';
import { allowedHosts, localName } from './hosts.ts';
import { listen } from './http-server.ts';
import { watchIdleness } from './idleness.ts';
import { lockHolder, takeLock } from './lock.ts';
import { createMetrics } from './metrics.ts';
import { locateInside, type Roots } from './roots.ts';
import { type DaemonState, findDaemon, prepareStateFolder, removeState, writeState, writeToken } from './state.ts';

/** An engine that the daemon owns. */
export interface OwnedEngine extends EngineDoor {
  dispose(): Promise<void>;
}

export interface DaemonOptions<E extends OwnedEngine = OwnedEngine> {
  readonly config: DaemonConfig;
  readonly version: string;
  readonly stateFolder: string;
  readonly roots: Roots;
  readonly log: Log;
  readonly openEngine: () => Promise<E>;
  /** Further doors by path, such as `/lsp`. */
  readonly doors?: (engine: E) => ReadonlyMap<string, Door>;
}

export interface Daemon {
  readonly state: DaemonState;
  /** Begins to stop: requests in flight end, nothing new begins. */
  stop(reason: string): void;
  /** Settles when everything is closed and the lock released. */
  readonly stopped: Promise<void>;
}

/** Either the daemon that was started, or the one that runs already. */
export type Started = { readonly daemon: Daemon } | { readonly running: DaemonState };

/** How often a start looks for the first daemon's state, and a stop for the last answer. */
const POLL_MILLISECONDS = 25;
/** A daemon that starts may have a model to load. */
const START_MILLISECONDS = 120_000;

/** Starts the daemon, or finds the one that has the lock. @throws whatever the engine or the address refuses. */
export async function startDaemon<E extends OwnedEngine>(options: DaemonOptions<E>): Promise<Started> {
  const { stateFolder } = options;
  prepareStateFolder(stateFolder);
  const lock = takeLock(stateFolder);
  if ('holder' in lock) {
    const running = await appearing(stateFolder);
    // It ended while we waited: the lock is free again.
    return running ? { running } : startDaemon(options);
  }
  try {
    return { daemon: await run(options, lock.release) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The handlers' services over one engine; the same for every line. */
export function sessionServices(
  engine: EngineDoor,
  { config, version, roots, log }: Pick<DaemonOptions, 'config' | 'version' | 'roots' | 'log'>,
  life: { clients(): number; stop(reason: string): void; draining(): boolean },
): SessionServices & { readonly metrics: ReturnType<typeof createMetrics> } {
  const metrics = createMetrics(engine, life.clients);
  const handlers = createHandlers({
    engine,
    locate: (name) => locateInside(roots, name),
    daemon: { version, clients: life.clients, requestsInFlight: metrics.inFlight, stop: life.stop },
    facts: { version, maxMessageBytes: config.max_message_bytes, maxInFlight: config.max_requests_in_flight },
  });
  return {
    handlers,
    log,
    meter: metrics,
    metrics,
    maxInFlight: config.max_requests_in_flight,
    maxAnswerBytes: config.max_answer_bytes,
    draining: life.draining,
  };
}

async function run<E extends OwnedEngine>(options: DaemonOptions<E>, release: () => void): Promise<Daemon> {
  const { config, version, stateFolder, log } = options;
  const engine = await options.openEngine();
  let stopping: string | null = null;
  let hosts: ReadonlySet<string> = new Set();
  const { token, path: tokenPath } = writeToken(stateFolder);
  const origins = new Set(config.allowed_origins);
  const policy = () => ({ token, hosts, origins });
  const draining = (): boolean => stopping !== null;

  const services = sessionServices(engine, options, { clients: () => lines.clients(), stop, draining });
  const lines = webSocketLines({
    doors: new Map<string, Door>([
      ['/rpc', (connection) => openSession(connection, services)],
      ...(options.doors?.(engine) ?? []),
    ]),
    policy,
    log,
    maxMessageBytes: (path) => (path === '/rpc' ? config.max_message_bytes : config.max_document_bytes),
    maxOutgoingBytes: config.max_outgoing_bytes,
    maxClients: config.max_clients,
    heartbeatMilliseconds: config.heartbeat_seconds * 1000,
  });

  const { server, port } = await listen(config, { policy, lines, metrics: services.metrics, draining }).catch(
    async (error) => {
      await engine.dispose();
      throw error;
    },
  );
  hosts = allowedHosts(config, port);
  const state: DaemonState = {
    pid: process.pid,
    version,
    protocolVersion: PROTOCOL_VERSION,
    host: config.host,
    port,
    url: `${config.tls ? 'wss' : 'ws'}://${localName(config.host)}:${port}/rpc`,
    token: tokenPath,
    certificate: config.tls?.certificate ?? null,
  };
  writeState(stateFolder, state);
  log.info({ url: state.url, version }, 'listening');

  let settle: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const idle = watchIdleness(config.idle_shutdown_seconds, () => lines.clients() + services.metrics.inFlight(), stop);

  function stop(reason: string): void {
    if (stopping !== null) return;
    stopping = reason;
    clearInterval(idle);
    void end(reason)
      .catch((err) => log.error({ err }, 'the stop failed'))
      .finally(settle);
  }

  async function end(reason: string): Promise<void> {
    log.info({ reason, inFlight: services.metrics.inFlight() }, 'stopping');
    const patience = performance.now() + config.drain_seconds * 1000;
    while (services.metrics.inFlight() > 0 && performance.now() < patience) await pause(POLL_MILLISECONDS);
    removeState(stateFolder);
    await lines.close('the daemon stopped');
    await closed(server);
    await engine.dispose();
    release();
    log.info({ abandoned: services.metrics.inFlight() }, 'stopped');
  }

  return { state, stop, stopped };
}

/** State of the daemon that has the lock, once it listens; null when it ends before. */
async function appearing(folder: string): Promise<DaemonState | null> {
  const patience = performance.now() + START_MILLISECONDS;
  while (performance.now() < patience) {
    const state = findDaemon(folder);
    if (state) return state;
    const lock = lockHolder(folder);
    if (!lock) return null;
    await pause(POLL_MILLISECONDS);
  }
  throw new SondeError(
    'queue-full',
    `Another daemon has held the lock of ${folder} for two minutes and does not listen.`,
  );
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
