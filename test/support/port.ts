/** WebSocket lines at a free port of this process. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Door } from '../../server/src/rpc/connection.ts';
import { type WebSocketLines, type WebSocketOptions, webSocketLines } from '../../server/src/rpc/websocket.ts';
import { SILENT } from './line.ts';

export const TOKEN = 'token';

/** Opens one door at /rpc for the length of a test; every client brings TOKEN. */
export async function openPort(
  door: Door,
  options: Partial<WebSocketOptions> = {},
): Promise<{ lines: WebSocketLines; url: string }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lines = webSocketLines({
    doors: new Map([['/rpc', door]]),
    policy: () => ({ token: TOKEN, hosts: new Set([host]), origins: new Set() }),
    log: SILENT,
    maxMessageBytes: () => 100_000,
    maxOutgoingBytes: 100_000,
    maxClients: 4,
    heartbeatMilliseconds: 60_000,
    ...options,
  });
  server.on('upgrade', lines.upgrade);
  onTestFinished(async () => {
    await lines.close('the test is over');
    server.close();
  });
  return { lines, url: `ws://${host}/rpc` };
}
