/** Lines over a port of this process: who is closed for not answering, and who is not. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { subprotocols } from '../../protocol/src/version.ts';
import { type WebSocketLines, webSocketLines } from '../../server/src/rpc/websocket.ts';
import { SILENT } from '../support/line.ts';

const HEARTBEAT_MILLISECONDS = 500;

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Lines whose door takes everything, and a client of them. */
async function rig(): Promise<{ lines: WebSocketLines; client: WebSocket; reasons: string[] }> {
  const reasons: string[] = [];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lines = webSocketLines({
    doors: new Map([['/rpc', () => ({ frame() {}, closed: (reason) => reasons.push(reason) })]]),
    policy: () => ({ token: 'token', hosts: new Set([host]), origins: new Set() }),
    log: SILENT,
    maxMessageBytes: 1000,
    maxOutgoingBytes: 1000,
    maxClients: 4,
    heartbeatMilliseconds: HEARTBEAT_MILLISECONDS,
  });
  server.on('upgrade', lines.upgrade);
  const client = new WebSocket(`ws://${host}/rpc`, subprotocols('token'));
  ends.push(async () => {
    client.terminate();
    await lines.close('the test is over');
    server.close();
  });
  await once(client, 'open');
  return { lines, client, reasons };
}

test('a client that answers no ping is closed', async () => {
  const { client, reasons } = await rig();
  client.pause();
  await expect.poll(() => reasons).toEqual(['code 1006']);
});

test('a client that answers stays, even where this process was stopped for longer than a heartbeat', async () => {
  const { client, lines } = await rig();
  await once(client, 'ping');
  // The answer to this ping is on its way and cannot be read meanwhile.
  const until = performance.now() + 3 * HEARTBEAT_MILLISECONDS;
  while (performance.now() < until);
  for (let i = 0; i < 3; i++) await Promise.race([once(client, 'ping'), once(client, 'close')]);
  expect(lines.clients()).toBe(1);
});
