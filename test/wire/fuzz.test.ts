/** Thousands of broken and half-right frames in both codecs; the daemon answers between them and afterwards. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Codec, decodeFrame, encodeFrame, type Frame } from '../../protocol/src/codec.ts';
import { REQUESTS } from '../../protocol/src/methods.ts';
import { subprotocols } from '../../protocol/src/version.ts';
import { eventually, startTestDaemon, type TestDaemon } from '../support/daemon.ts';
import { createRandom, mutate } from '../support/mutate.ts';

type Random = (below: number) => number;

const LINES = 120;
const FRAMES_PER_LINE = 100;
const SEED = 20_240_611;

/** Frames that would end the line, the daemon, or take away its model are left out: what they do is tested elsewhere. */
const METHODS = REQUESTS.filter(({ name }) => !/shutdown|stop|unload|load|check|label/.test(name));

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startTestDaemon([], { SONDE_LOG_LEVEL: 'error' });
});
afterAll(() => daemon?.end());

test(`${LINES * FRAMES_PER_LINE} broken frames end with the daemon answering`, async () => {
  const random = createRandom(SEED);
  const witness = await daemon.connect();
  const tally = new Map<string, number>();
  for (let i = 0; i < LINES; i++) {
    await attack(i % 2 === 0 ? 'json' : 'messagepack', random, tally);
    if (i % 20 === 0) await witness.request('sonde/model/list', {});
  }
  const { tokens } = await witness.request('sonde/text/tokenize', { text: 'still here' });
  expect(tokens.length).toBeGreaterThan(0);
  await eventually('what the lines left in flight has ended', async () => {
    const { pid, requests_in_flight } = await witness.request('sonde/daemon/status', {});
    expect(pid).toBe(daemon.state.pid);
    return requests_in_flight === 1;
  });
  console.log(`fuzz: ${JSON.stringify(Object.fromEntries([...tally].sort()))}`);
  // The frames reach every layer: decoder, envelope, look-up, schema and handlers.
  for (const kind of ['parse-error', 'invalid-request', 'unknown-method', 'invalid-params', 'ok']) {
    expect(tally.get(kind), kind).toBeGreaterThan(50);
  }
  expect(tally.get('fault'), daemon.log()).toBeUndefined();
  expect(daemon.log()).toBe('');
});

/** One line: a session is opened, frames are sent, and the daemon must answer the last request, or have closed the line. */
async function attack(codec: Codec, random: Random, tally: Map<string, number>): Promise<void> {
  const socket = new WebSocket(daemon.state.url, subprotocols(daemon.token));
  const count = (kind: string): void => void tally.set(kind, (tally.get(kind) ?? 0) + 1);
  let answered = false;
  const ended = new Promise<void>((resolve) => {
    // A line that the daemon closes while frames are on their way.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!answered) count('closed');
      resolve();
    });
    socket.on('message', (data: Buffer, isBinary) => {
      const answer = decodeFrame(isBinary ? new Uint8Array(data) : data.toString()) as {
        id?: unknown;
        error?: { data: { kind: string } };
      };
      count(answer.error?.data.kind ?? 'ok');
      if (answer.id !== 'last') return;
      answered = true;
      resolve();
    });
  });
  await once(socket, 'open');
  const hello = { id: 'hello', method: 'initialize', params: { protocolVersion: 1, client: { name: 'fuzz' } } };
  socket.send(encodeFrame(codec, { jsonrpc: '2.0', ...hello }));
  for (let i = 0; i < FRAMES_PER_LINE; i++) {
    const frame = broken(codec, random);
    socket.send(frame, { binary: typeof frame !== 'string' });
    // In-flight requests are bounded, so frames come in gusts, and the last one finds room.
    if (i % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const ask = (): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(encodeFrame(codec, { jsonrpc: '2.0', id: 'last', method: 'sonde/model/list', params: {} }));
  };
  ask();
  await ended;
  socket.terminate();
}

/** A frame that is wrong somewhere, or right by chance. */
function broken(codec: Codec, random: Random): Frame {
  const choice = random(10);
  if (choice === 0) return noise(codec, random);
  if (choice <= 3) return encodeFrame(codec, envelope(random));
  const { name, example } = METHODS[random(METHODS.length)]!;
  const params = choice <= 6 ? oddParams(example.params, random) : example.params;
  const frame = encodeFrame(codec, { jsonrpc: '2.0', id: random(1000), method: name, params });
  if (choice <= 6) return frame;
  const bytes = typeof frame === 'string' ? new TextEncoder().encode(frame) : frame;
  const damaged = mutate(Uint8Array.from(bytes), random, [0, bytes.length]);
  // Damaged text is kept text: bytes that are no UTF-8 close the line, which is another test's.
  return typeof frame === 'string' ? new TextDecoder().decode(damaged) : damaged;
}

function noise(codec: Codec, random: Random): Frame {
  const bytes = Uint8Array.from({ length: random(300) }, () => random(256));
  return codec === 'json' ? String.fromCharCode(...bytes) : bytes;
}

const ODD: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  2 ** 53,
  1e308,
  '',
  '\0',
  '\ud800',
  '../..',
  '__proto__',
  'constructor',
  [],
  [[[]]],
  {},
  { __proto__: 1, length: -1 },
  'x'.repeat(5000),
  Array(200).fill(0),
  { toString: 1 },
];

/** An envelope put together at random. */
function envelope(random: Random): object {
  const odd = (): unknown => ODD[random(ODD.length)];
  const names = [...METHODS.map(({ name }) => name), '$/cancelRequest', '$/progress', 'toString', 'sonde/trace', ''];
  return {
    jsonrpc: random(8) === 0 ? odd() : '2.0',
    ...(random(6) === 0 ? {} : { id: random(3) === 0 ? odd() : random(50) }),
    method: random(5) === 0 ? odd() : names[random(names.length)],
    ...(random(4) === 0 ? {} : { params: odd() }),
    ...(random(10) === 0 ? { result: odd() } : {}),
  };
}

/** Parameters with one field replaced, taken away or added. */
function oddParams(params: object, random: Random): object {
  const fields = [...Object.keys(params), 'text', 'model', 'workDoneToken', 'partialResultToken', 'lane', 'from'];
  return { ...params, [fields[random(fields.length)]!]: ODD[random(ODD.length)] };
}
