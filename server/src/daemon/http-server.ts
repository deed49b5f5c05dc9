/** The one port: HTTP for health and metrics, upgrades for the doors. TLS where certificate files are given. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { SondeError } from '../core/errors.ts';
import { type AccessPolicy, refusal } from '../rpc/auth.ts';
import { pathOf, type WebSocketLines } from '../rpc/websocket.ts';
import type { DaemonConfig } from './config.ts';
import type { Metrics } from './metrics.ts';

export interface HttpServices {
  readonly policy: () => AccessPolicy;
  readonly lines: WebSocketLines;
  readonly metrics: Metrics;
  readonly draining: () => boolean;
}

/** Connections of any kind; above the clients' own bound, so that idle ones do not keep clients out at once. */
const MAX_SOCKETS = 1024;
/** Half a request is dropped after ten seconds; Node looks every half minute unless told. */
const TIMES = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 5_000 };

/**
 * Listens and returns the server with its port.
 * @throws invalid-params where the address is taken or not this machine's; file-not-found for TLS files.
 */
export async function listen(config: DaemonConfig, services: HttpServices): Promise<{ server: Server; port: number }> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    void respond(request, response, services).catch(() => response.destroy());
  };
  const server = config.tls
    ? createTlsServer({ ...TIMES, ...tlsFiles(config.tls) }, answer)
    : createServer(TIMES, answer);
  server.maxConnections = MAX_SOCKETS;
  server.on('upgrade', services.lines.upgrade);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `Cannot listen at ${config.host}:${config.port}: ${cause.message}. Choose another --port or --host.`;
      reject(new SondeError('invalid-params', message, { host: config.host, port: config.port }, cause));
    });
    server.listen(config.port, config.host, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function respond(request: IncomingMessage, response: ServerResponse, services: HttpServices): Promise<void> {
  const path = pathOf(request);
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'Only GET.');
  if (path === '/healthz') {
    return services.draining() ? send(response, 503, 'stopping') : send(response, 200, 'ok');
  }
  if (path === '/metrics') {
    const refused = refusal(request.headers, services.policy());
    if (refused) return send(response, refused.status, refused.message);
    return send(response, 200, await services.metrics.text(), services.metrics.contentType);
  }
  send(response, 404, 'Nothing is here. Scripts connect to /rpc, editors to /lsp, both by WebSocket.');
}

function send(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(`${text}\n`);
}

function tlsFiles({ certificate, key }: NonNullable<DaemonConfig['tls']>): { cert: Buffer; key: Buffer } {
  try {
    return { cert: readFileSync(certificate), key: readFileSync(key) };
  } catch (cause) {
    throw new SondeError('file-not-found', `The TLS files cannot be read: ${(cause as Error).message}.`, {}, cause);
  }
}
