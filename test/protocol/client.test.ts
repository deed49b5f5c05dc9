import { expect, test } from 'vitest';
import { connect, type SondeClient } from '../../protocol/src/client.ts';
import { type Codec, decodeFrame, encodeFrame, type Frame } from '../../protocol/src/codec.ts';
import { wireError } from '../../protocol/src/errors.ts';
import { initialize } from '../../protocol/src/messages/lifecycle.ts';
import type { Transport } from '../../protocol/src/transports.ts';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
}

/** The far end of a line, driven by a test: it greets, then leaves the answers to the test. */
interface FarEnd {
  readonly sent: Message[];
  say(message: object): void;
  hangUp(): void;
}

async function line(codec: Codec = 'json'): Promise<{ client: SondeClient; far: FarEnd }> {
  let onFrame: (frame: Frame) => void = () => undefined;
  let onClose: (reason: string) => void = () => undefined;
  const far: FarEnd = {
    sent: [],
    say: (message) => onFrame(encodeFrame(codec, { jsonrpc: '2.0', ...message })),
    hangUp: () => onClose('test'),
  };
  const transport: Transport = {
    send(frame) {
      const message = decodeFrame(frame) as Message;
      far.sent.push(message);
      if (message.method === 'initialize')
        queueMicrotask(() => far.say({ id: message.id, result: initialize.example.result }));
      if (message.method === 'shutdown') queueMicrotask(() => far.say({ id: message.id, result: null }));
    },
    listen(frame, close) {
      onFrame = frame;
      onClose = close;
    },
    close: () => queueMicrotask(far.hangUp),
  };
  return { client: await connect(transport, { name: 'test', codec }), far };
}

test.each<Codec>(['json', 'messagepack'])('answers find their requests in any order over %s', async (codec) => {
  const { client, far } = await line(codec);
  const first = client.request('sonde/text/tokenize', { text: 'a' });
  const second = client.request('sonde/model/list', {});
  far.say({ id: far.sent[2]!.id, result: { models: [] } });
  far.say({ id: far.sent[1]!.id, result: { bos: true, tokens: [], warnings: [] } });
  expect(await first).toEqual({ bos: true, tokens: [], warnings: [] });
  expect(await second).toEqual({ models: [] });
});

test('an error answer rejects with its kind', async () => {
  const { client, far } = await line();
  const request = client.request('sonde/model/load', { name: 'x' });
  far.say({ id: far.sent[1]!.id, error: wireError('file-not-found', 'no x') });
  await expect(request).rejects.toMatchObject({ name: 'RemoteError', kind: 'file-not-found', message: 'no x' });
});

test('aborting sends a cancellation for that request and waits for its answer', async () => {
  const { client, far } = await line();
  const abort = new AbortController();
  const request = client.request('sonde/model/list', {}, { signal: abort.signal });
  abort.abort();
  expect(far.sent[2]).toEqual({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: far.sent[1]!.id } });
  far.say({ id: far.sent[1]!.id, error: wireError('cancelled', 'cancelled') });
  await expect(request).rejects.toMatchObject({ kind: 'cancelled' });
  await expect(client.request('sonde/model/list', {}, { signal: abort.signal })).rejects.toMatchObject({
    kind: 'cancelled',
  });
  expect(far.sent).toHaveLength(3);
});

test('reports and partial results reach the request that asked for them', async () => {
  const { client, far } = await line();
  const heard: unknown[] = [];
  const request = client.request(
    'sonde/trace/activations',
    { text: 'a', hooks: ['h'] },
    { onProgress: (report) => heard.push(report), onPartial: (part) => heard.push(part) },
  );
  const { id, params } = far.sent[1]!;
  far.say({ method: '$/progress', params: { token: params!.workDoneToken, value: { message: 'm', fraction: null } } });
  far.say({ method: '$/progress', params: { token: params!.partialResultToken, value: { hook: 'h' } } });
  far.say({ method: '$/progress', params: { token: 'p99', value: 'of nobody' } });
  far.say({ id, result: 'done' });
  expect(await request).toBe('done');
  expect(heard).toEqual([{ message: 'm', fraction: null }, { hook: 'h' }]);
});

test('a broken line rejects what is in flight and what comes after, as retryable', async () => {
  const { client, far } = await line();
  const request = client.request('sonde/model/list', {});
  far.hangUp();
  await expect(request).rejects.toMatchObject({ kind: 'connection-closed', retryable: true });
  await expect(client.request('sonde/model/list', {})).rejects.toMatchObject({ kind: 'connection-closed' });
  expect(await client.closed).toBe('test');
});

test('closing says goodbye first', async () => {
  const { client, far } = await line();
  await client.close();
  expect(far.sent.at(-1)?.method).toBe('shutdown');
});
