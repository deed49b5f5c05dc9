/**
 * WebSocket lines: an HTTP upgrade is checked, then handed to the door of its path. Invariants: a message has a bounded
 * size before it is in memory; a client that does not read is closed when its bound is full or its pongs stay away.
 * Deliberately absent: compression (a few bytes could unfold to gigabytes) and what the frames mean.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { SUBPROTOCOL } from '@sonde/protocol';
import { WebSocket, WebSocketServer } from 'ws';
import { type AccessPolicy, refusal } from './auth.ts';
import type { Connection, Door, Log } from './connection.ts';

export interface WebSocketOptions {
  /** By path, such as `/rpc`. */
  readonly doors: ReadonlyMap<string, Door>;
  readonly policy: () => AccessPolicy;
  readonly log: Log;
  /** Bytes of one message to the door of a path. */
  readonly maxMessageBytes: (path: string) => number;
  /** Bytes that may wait to be read by one client. */
  readonly maxOutgoingBytes: number;
  readonly maxClients: number;
  /** A client must answer a ping within this time. */
  readonly heartbeatMilliseconds: number;
}

export interface WebSocketLines {
  /** Takes an upgrade: admits it, or answers why not. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  clients(): number;
  /** Closes every line; what was sent has a second to go out. */
  close(reason: string): Promise<void>;
}

/** Bytes below which a line counts as drained. */
const LOW_WATER = 2 ** 20;

/** A beat that comes after this many intervals says nothing about the clients. */
const LATE = 1.2;

/** How long a client may take to say goodbye. */
const CLOSING_MILLISECONDS = 1000;

const CODE_NORMAL = 1000;
const CODE_GOING_AWAY = 1001;

export function webSocketLines(options: WebSocketOptions): WebSocketLines {
  const { doors, policy, log, maxClients } = options;
  const servers = new Map(
    [...doors.keys()].map((path) => [
      path,
      new WebSocketServer({
        noServer: true,
        maxPayload: options.maxMessageBytes(path),
        perMessageDeflate: false,
        // The token's subprotocol is never echoed.
        handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
      }),
    ]),
  );
  const clients = (): WebSocket[] => [...servers.values()].flatMap((server) => [...server.clients]);
  let last = performance.now();
  const heartbeat = setInterval(() => {
    const since = performance.now() - last;
    last += since;
    // After a pause of this process, such as a laptop's sleep, pongs may have come that it has not read yet.
    beat(clients(), since < LATE * options.heartbeatMilliseconds);
  }, options.heartbeatMilliseconds);
  heartbeat.unref();

  return {
    upgrade(request, socket, head) {
      // Until the handshake ends, errors of the socket are ours to take.
      socket.on('error', () => socket.destroy());
      const path = pathOf(request);
      const door = doors.get(path);
      if (!door)
        return answer(socket, 404, `No door at ${path.slice(0, 100)}; there are ${[...doors.keys()].join(', ')}.`);
      const refused = refusal(request.headers, policy());
      if (refused) {
        log.warn({ peer: peerOf(request), status: refused.status, origin: request.headers.origin }, refused.message);
        return answer(socket, refused.status, refused.message);
      }
      if (clients().length >= maxClients) {
        return answer(socket, 503, `${maxClients} clients are connected, which is the most; try again later.`);
      }
      servers
        .get(path)!
        .handleUpgrade(request, socket, head, (webSocket) => open(webSocket, peerOf(request), door, options));
    },
    clients: () => clients().length,
    async close(reason) {
      clearInterval(heartbeat);
      const open = clients();
      const closing = open.map((client) => new Promise((resolve) => client.once('close', resolve)));
      for (const client of open) client.close(CODE_GOING_AWAY, reason);
      const patience = setTimeout(() => {
        for (const client of open) client.terminate();
      }, CLOSING_MILLISECONDS);
      await Promise.all(closing);
      clearTimeout(patience);
    },
  };
}

const ANSWERED = new WeakSet<WebSocket>();

function open(socket: WebSocket, peer: string, door: Door, { log, maxOutgoingBytes }: WebSocketOptions): void {
  let waiting: (() => void)[] = [];
  let reason = '';
  const settle = (): void => {
    if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount > LOW_WATER) return;
    const settled = waiting;
    waiting = [];
    for (const resume of settled) resume();
  };
  const connection: Connection = {
    peer,
    send(frame) {
      if (socket.readyState !== WebSocket.OPEN) return;
      if (socket.bufferedAmount > maxOutgoingBytes) {
        reason = `${socket.bufferedAmount} bytes wait to be read`;
        return socket.terminate();
      }
      socket.send(frame, settle);
    },
    drained: () =>
      socket.bufferedAmount <= LOW_WATER || socket.readyState !== WebSocket.OPEN
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push(resolve)),
    close: (why) => socket.close(CODE_NORMAL, why),
  };
  ANSWERED.add(socket);
  log.info({ peer }, 'client connected');
  const receiver = door(connection);
  socket.on('pong', () => ANSWERED.add(socket));
  socket.on('message', (data, isBinary) => {
    const bytes = data as Buffer;
    receiver.frame(isBinary ? bytes : bytes.toString('utf8'));
  });
  // An oversized or malformed frame; ws closes the line by itself.
  socket.on('error', (error) => {
    reason = error.message;
  });
  socket.on('close', (code, why) => {
    settle();
    receiver.closed(reason || why.toString() || `code ${code}`);
  });
}

/** Pings every client; `strict` closes those that have not answered the last ping. */
function beat(clients: Iterable<WebSocket>, strict: boolean): void {
  for (const client of clients) {
    // A client that does not read does not see the ping either.
    if (!ANSWERED.delete(client) && strict) client.terminate();
    else client.ping();
  }
}

/** Answers an upgrade that is not taken. */
function answer(socket: Duplex, status: number, message: string): void {
  const body = `${JSON.stringify({ error: message })}\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Path of a request, without its query, which is never read. */
export function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}

function peerOf({ socket }: IncomingMessage): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
