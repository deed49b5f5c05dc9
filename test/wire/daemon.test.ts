/** The daemon as others see it: a process of its own, reached by its port. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { SondeClient } from '../../protocol/src/client.ts';
import type { Codec } from '../../protocol/src/codec.ts';
import { fromWireTensor } from '../../protocol/src/tensor.ts';
import { SUBPROTOCOL, subprotocols } from '../../protocol/src/version.ts';
import { eventually, MODEL, startTestDaemon, type TestDaemon } from '../support/daemon.ts';
import { floats, readTensors } from '../support/fixtures.ts';

const TEXT = 'the secret cat sat on the mat';
const MAX_CLIENTS = 24;

let daemon: TestDaemon;
/** A client that does its work through everything below. */
let witness: SondeClient;

beforeAll(async () => {
  daemon = await startTestDaemon(['--allow-origin', 'https://tools.example'], {
    SONDE_MAX_CLIENTS: String(MAX_CLIENTS),
    SONDE_LOG_LEVEL: 'debug',
  });
  witness = await daemon.connect();
});
afterAll(() => daemon?.end());

/** How the daemon answers an upgrade: `open`, or the HTTP status. */
async function knock(options: {
  path?: string;
  protocols?: string[];
  headers?: Record<string, string>;
}): Promise<'open' | number> {
  const url = `ws://127.0.0.1:${daemon.state.port}${options.path ?? '/rpc'}`;
  const socket = new WebSocket(url, options.protocols ?? [], { headers: options.headers ?? {} });
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('open', () => {
      resolve('open');
      socket.terminate();
    });
    socket.on('error', () => undefined);
  });
}

async function witnessWorks(): Promise<void> {
  const { tokens } = await witness.request('sonde/text/tokenize', { text: 'still here' });
  expect(tokens.length).toBeGreaterThan(0);
}

/** Waits until the clients of earlier tests have gone from the daemon's count too. */
async function witnessIsAlone(): Promise<void> {
  await eventually('only the witness is connected, and nothing else in flight', async () => {
    const { clients, requests_in_flight } = await witness.request('sonde/daemon/status', {});
    return clients === 1 && requests_in_flight === 1;
  });
}

async function rawSocket(): Promise<WebSocket> {
  const socket = new WebSocket(daemon.state.url, subprotocols(daemon.token));
  await once(socket, 'open');
  return socket;
}

/** A line on which a session is open. */
async function rawSession(to = daemon): Promise<WebSocket> {
  const socket = new WebSocket(to.state.url, subprotocols(to.token));
  await once(socket, 'open');
  const params = { protocolVersion: 1, client: { name: 'x' } };
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }));
  await once(socket, 'message');
  return socket;
}

describe.each<Codec>(['json', 'messagepack'])('over %s', (codec) => {
  test('a text is traced and its tensors are those of the reference', async () => {
    const client = await daemon.connect(codec);
    const trace = await client.request('sonde/trace/features', { text: TEXT, k: 3 });
    expect(trace.runs[0]?.dictionaries[0]?.tokens).toHaveLength(trace.runs[0]!.tokens.length);
    const hook = 'blocks.0.hook_resid_pre';
    const { tensors } = await client.request('sonde/trace/activations', { text: TEXT, hooks: [hook], bos: false });
    const { shape, data } = fromWireTensor(tensors[hook]!);
    const { tokens } = await client.request('sonde/text/tokenize', { text: TEXT, bos: false });
    expect(shape).toEqual([1, tokens.length, 24]);
    // The residual at the first block is the sum of two rows of stored matrices.
    const weights = readTensors(`${MODEL}/model.safetensors`);
    const row = (name: string, index: number): Float32Array => {
      const found = [...weights].find(([key]) => key.endsWith(name))![1];
      return floats(found).subarray(index * 24, (index + 1) * 24);
    };
    for (const [position, { id }] of tokens.entries()) {
      const [token, place] = [row('wte.weight', id), row('wpe.weight', position)];
      for (let i = 0; i < 24; i++) expect(data[position * 24 + i]).toBeCloseTo(token[i]! + place[i]!, 5);
    }
    await client.close();
  });
});

test('only the token opens the door, by header or by subprotocol, and never by URL', async () => {
  const bearer = { authorization: `Bearer ${daemon.token}` };
  expect(await knock({ headers: bearer })).toBe('open');
  expect(await knock({ protocols: subprotocols(daemon.token) })).toBe('open');
  expect(await knock({})).toBe(401);
  expect(await knock({ protocols: subprotocols('wrong') })).toBe(401);
  expect(await knock({ path: `/rpc?token=${daemon.token}` })).toBe(401);
  expect(await knock({ headers: { ...bearer, host: 'evil.example' } })).toBe(421);
  expect(await knock({ headers: { ...bearer, origin: 'https://evil.example' } })).toBe(403);
  expect(await knock({ headers: { ...bearer, origin: 'https://tools.example' } })).toBe('open');
  expect(await knock({ path: '/', headers: bearer })).toBe(404);
});

test('the subprotocol that carries the token is not echoed', async () => {
  const socket = await rawSocket();
  expect(socket.protocol).toBe(SUBPROTOCOL);
  socket.terminate();
});

test('health is told to anybody, metrics to those with the token', async () => {
  const get = async (path: string, headers: Record<string, string> = {}): Promise<[number, string]> => {
    const asked = request({ host: '127.0.0.1', port: daemon.state.port, path, headers }).end();
    const [response] = await once(asked, 'response');
    let body = '';
    for await (const chunk of response) body += chunk;
    return [response.statusCode, body];
  };
  expect(await get('/healthz')).toEqual([200, 'ok\n']);
  expect((await get('/metrics'))[0]).toBe(401);
  expect((await get('/'))[0]).toBe(404);
  const [status, text] = await get('/metrics', { authorization: `Bearer ${daemon.token}` });
  expect(status).toBe(200);
  for (const name of [
    'queue_length',
    'request_seconds_bucket',
    'tokens_total',
    'memo_hits_total',
    'runtime_restarts_total',
  ]) {
    expect(text).toContain(`sonde_${name}`);
  }
  expect(text).toMatch(/sonde_request_seconds_count\{method="sonde\/trace\/features",outcome="ok"\} [1-9]/);
});

test('paths outside the roots are refused, whatever they hold', async () => {
  for (const name of ['/etc', '/root', '../..', `${MODEL}/../../../../..`]) {
    await expect(witness.request('sonde/model/load', { name })).rejects.toMatchObject({
      kind: 'path-outside-roots',
    });
  }
  await expect(witness.request('sonde/dictionary/load', { path: '/etc/passwd' })).rejects.toMatchObject({
    kind: 'path-outside-roots',
    code: 4002,
  });
});

test.each([
  ['ten megabytes of garbage in a text frame', 'x'.repeat(10_000_000), 1009],
  ['ten megabytes of garbage in a binary frame', Buffer.alloc(10_000_000, 0xdd), 1009],
])('%s close the line, and nobody else notices', async (_, frame, code) => {
  const socket = await rawSocket();
  socket.send(frame);
  expect((await once(socket, 'close'))[0]).toBe(code);
  await witnessWorks();
});

test.each([
  ['seven megabytes of garbage', 'x'.repeat(7_000_000)],
  ['deep JSON', '['.repeat(1_000_000)],
  ['a MessagePack bomb', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
  ['half a request', '{"jsonrpc":"2.0","id":1,'],
])('%s gets a typed error on a line that stays open', async (_, frame) => {
  const socket = await rawSocket();
  socket.send(frame);
  const [data] = await once(socket, 'message');
  expect(String(data)).toContain('parse-error');
  expect(socket.readyState).toBe(WebSocket.OPEN);
  socket.terminate();
  await witnessWorks();
});

test.each([
  ['a reserved opcode', [0x83, 0x80, 0, 0, 0, 0], 1002],
  ['a frame without mask', [0x81, 0x01, 0x61], 1002],
  ['text that is not UTF-8', [0x81, 0x81, 0, 0, 0, 0, 0xff], 1007],
  ['a length beyond every bound', [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], 1009],
])('%s closes the line', async (_, bytes, code) => {
  const socket = await rawSocket();
  (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(Buffer.from(bytes));
  expect((await once(socket, 'close'))[0]).toBe(code);
  await witnessWorks();
});

test('half an HTTP request holds up nobody', async () => {
  const socket = connectSocket(daemon.state.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET /rpc HTTP/1.1\r\nHost: 127.0');
  await witnessWorks();
  socket.destroy();
});

test('five hundred connections: as many as allowed are served, the others told so', async () => {
  await witnessIsAlone();
  const outcomes = await Promise.all(
    Array.from({ length: 500 }, () => {
      const socket = new WebSocket(daemon.state.url, subprotocols(daemon.token));
      return new Promise<{ socket: WebSocket; status: number }>((resolve) => {
        socket.on('open', () => resolve({ socket, status: 101 }));
        socket.on('unexpected-response', (_, response) => resolve({ socket, status: response.statusCode ?? 0 }));
        socket.on('error', () => resolve({ socket, status: 0 }));
      });
    }),
  );
  await witnessWorks();
  const count = (status: number): number => outcomes.filter((outcome) => outcome.status === status).length;
  expect(count(101)).toBe(MAX_CLIENTS - 1);
  expect(count(503)).toBe(500 - count(101));
  for (const { socket } of outcomes) {
    socket.on('error', () => undefined);
    socket.terminate();
  }
  await witnessIsAlone();
});

test('a client that vanishes mid-request leaves nothing in flight', async () => {
  const client = await daemon.connect();
  const requests = Array.from({ length: 20 }, (_, i) =>
    client.request('sonde/trace/logits', { text: `${TEXT} ${i}` }).catch(() => undefined),
  );
  const socket = await rawSession();
  for (let id = 2; id < 30; id++) {
    socket.send(
      JSON.stringify({ jsonrpc: '2.0', id, method: 'sonde/trace/logits', params: { text: `${TEXT} ${id}` } }),
    );
  }
  socket.terminate();
  await Promise.all(requests);
  await client.close();
  await witnessIsAlone();
});

test('a client that never reads is closed, and the others do not wait for it', async () => {
  const other = await startTestDaemon([], { SONDE_HEARTBEAT_SECONDS: '2' });
  const socket = await rawSession(other);
  socket.pause();
  const text = 'never read '.repeat(300);
  for (let id = 2; id < 60; id++) {
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'sonde/text/tokenize', params: { text } }));
  }
  const client = await other.connect();
  expect((await client.request('sonde/text/tokenize', { text })).tokens.length).toBeGreaterThan(0);
  await client.close();
  await eventually('both are gone', () => other.log().split('client gone').length === 3);
  socket.terminate();
  await other.end();
});

test('a request is cancelled by its signal', async () => {
  const [attached] = (await witness.request('sonde/dictionary/list', {})).dictionaries;
  const abort = new AbortController();
  const options = { signal: abort.signal, onProgress: () => abort.abort() };
  const checking = witness.request('sonde/dictionary/check', { dictionary: attached!.name }, options);
  await expect(checking).rejects.toMatchObject({ name: 'RemoteError', kind: 'cancelled' });
  await witnessWorks();
});

test('the log tells what happened and holds no token and no text', () => {
  expect(daemon.log()).toContain('client connected');
  expect(daemon.log()).not.toContain(daemon.token);
  expect(daemon.log()).not.toContain('secret cat');
  expect(readFileSync(daemon.state.token, 'utf8')).toContain(daemon.token);
});
