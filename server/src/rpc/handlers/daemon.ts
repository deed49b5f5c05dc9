/** The daemon itself. */
import { PROTOCOL_VERSION, type Result } from '@sonde/protocol';
import type { Handlers } from '../dispatch.ts';
import type { EngineDoor } from '../engine-door.ts';

/** What the process knows of itself. */
export interface DaemonControl {
  readonly version: string;
  clients(): number;
  requestsInFlight(): number;
  /** Begins to stop; returns at once. */
  stop(reason: string): void;
}

export function daemonHandlers(engine: EngineDoor, daemon: DaemonControl): Handlers {
  return {
    'sonde/daemon/status': () => daemonStatus(engine, daemon),
    'sonde/daemon/stop': () => {
      daemon.stop('a client asked for it');
      return null;
    },
  };
}

async function daemonStatus(engine: EngineDoor, daemon: DaemonControl): Promise<Result<'sonde/daemon/status'>> {
  return {
    version: daemon.version,
    protocolVersion: PROTOCOL_VERSION,
    pid: process.pid,
    uptime_seconds: process.uptime(),
    clients: daemon.clients(),
    requests_in_flight: daemon.requestsInFlight(),
    rss: process.memoryUsage.rss(),
    engine: await engine.status(),
  };
}
