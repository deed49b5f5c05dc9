/** Who is closed for not answering, and who is not. */
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { subprotocols } from '../../protocol/src/version.ts';
import type { WebSocketLines } from '../../server/src/rpc/websocket.ts';
import { openPort, TOKEN } from '../support/port.ts';

const HEARTBEAT_MILLISECONDS = 500;

/** Lines whose door takes everything, and a client of them. */
async function rig(): Promise<{ lines: WebSocketLines; client: WebSocket; reasons: string[] }> {
  const reasons: string[] = [];
  const door = () => ({ frame() {}, closed: (reason: string) => void reasons.push(reason) });
  const { lines, url } = await openPort(door, { heartbeatMilliseconds: HEARTBEAT_MILLISECONDS });
  const client = new WebSocket(url, subprotocols(TOKEN));
  onTestFinished(() => client.terminate());
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

test('a message may be as long as its own door takes', async () => {
  const taken: number[] = [];
  const door = () => ({ frame: (frame: string | Uint8Array) => void taken.push(frame.length), closed() {} });
  const { url } = await openPort(door, {
    doors: new Map([
      ['/rpc', door],
      ['/lsp', door],
    ]),
    maxMessageBytes: (path) => (path === '/rpc' ? 1000 : 5000),
  });
  const [script, editor] = [url, url.replace('/rpc', '/lsp')].map((at) => new WebSocket(at, subprotocols(TOKEN)));
  for (const socket of [script!, editor!]) {
    socket.on('error', () => undefined);
    await once(socket, 'open');
    socket.send('x'.repeat(4000));
  }
  expect((await once(script!, 'close'))[0]).toBe(1009);
  await expect.poll(() => taken).toEqual([4000]);
  editor!.terminate();
});
