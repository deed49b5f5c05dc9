import { describe, expect, test } from 'vitest';
import type { Codec } from '../../protocol/src/codec.ts';
import { throwIfCancelled } from '../../server/src/core/errors.ts';
import type { Handlers } from '../../server/src/rpc/dispatch.ts';
import { line } from '../support/line.ts';

const RESULT = { bos: false, tokens: [], warnings: [] };

/** A handler that ends when the test lets it, or when it is cancelled. */
function gate(): { handlers: Handlers; open(): void; signals: AbortSignal[] } {
  const signals: AbortSignal[] = [];
  const waiting: (() => void)[] = [];
  return {
    signals,
    open: () => {
      for (const go of waiting) go();
    },
    handlers: {
      'sonde/text/tokenize': async (_, { signal }) => {
        signals.push(signal);
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          signal.addEventListener('abort', () => resolve());
        });
        throwIfCancelled(signal);
        return RESULT;
      },
    },
  };
}

const tokenize = (id: unknown): object => ({ id, method: 'sonde/text/tokenize', params: { text: 'a' } });
const prompt: Handlers = { 'sonde/text/tokenize': () => RESULT };

describe.each<Codec>(['json', 'messagepack'])('%s', (codec) => {
  test('an answer comes in the codec of its request, with the id as it was', async () => {
    const { send, out, answers } = await line(prompt);
    const ids = [0, -1, 2 ** 53 - 1, '', 'é', '1'];
    for (const [i, id] of ids.entries()) {
      send(tokenize(id), codec);
      await answers(i + 1);
    }
    expect(out.map(({ id }) => id)).toEqual(ids);
    expect(new Set(out.map((message) => message.codec))).toEqual(new Set([codec]));
  });

  test.each([
    ['null', null],
    ['a fraction', 1.5],
    ['a boolean', true],
    ['a list', [1]],
    ['an object', { a: 1 }],
    ['beyond the exact integers', 2 ** 60],
    ['a very long text', 'x'.repeat(300)],
  ])('an id that is %s is refused under the id null', async (_, id) => {
    const { send, out, answers } = await line(prompt);
    send(tokenize(id), codec);
    await answers(1);
    expect(out).toMatchObject([{ id: null, error: { code: -32600, data: { kind: 'invalid-request' } } }]);
  });
});

test.each([
  ['not JSON', '{', -32700, null],
  ['half a request', '{"jsonrpc":"2.0","id":1,"method":"sonde/te', -32700, null],
  ['an empty frame', '', -32700, null],
  ['garbage in MessagePack', Uint8Array.from({ length: 64 }, (_, i) => (i * 89 + 0xc1) & 0xff), -32700, null],
  ['deep JSON', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, -32700, null],
  ['a number', '1', -32600, null],
  ['null', 'null', -32600, null],
  ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"initialize"}]', -32600, null],
  ['JSON-RPC 1', '{"id":1,"method":"initialize"}', -32600, 1],
  ['no method', '{"jsonrpc":"2.0","id":1}', -32600, 1],
  ['a method that is no text', '{"jsonrpc":"2.0","id":"a","method":1}', -32600, 'a'],
  ['parameters by position', '{"jsonrpc":"2.0","id":1,"method":"initialize","params":[1]}', -32600, 1],
  ['an answer to nothing', '{"jsonrpc":"2.0","id":1,"result":1}', -32600, 1],
  ['a method that does not exist', '{"jsonrpc":"2.0","id":1,"method":"sonde/text/tokenise"}', -32601, 1],
  ['a method of the prototype', '{"jsonrpc":"2.0","id":1,"method":"__proto__"}', -32601, 1],
  ['a method of every object', '{"jsonrpc":"2.0","id":1,"method":"toString"}', -32601, 1],
  [
    'a progress token of a wrong type',
    '{"jsonrpc":"2.0","id":1,"method":"sonde/text/tokenize","params":{"workDoneToken":{}}}',
    -32602,
    1,
  ],
])('%s gets a typed error and the session goes on', async (_, frame, code, id) => {
  const { raw, send, out, answers } = await line(prompt);
  raw(frame);
  await answers(1);
  expect(out).toMatchObject([{ id, error: { code } }]);
  send(tokenize('after'));
  await answers(2);
  expect(out[1]).toMatchObject({ id: 'after', result: RESULT });
});

test.each([
  ['a missing field', {}, ['text']],
  ['a wrong type', { text: 5 }, ['text']],
  ['a misspelt option', { text: 'a', boss: true }, []],
  ['a wrong type further in', { text: 'a', bos: 'yes' }, ['bos']],
])('%s is refused with its path', async (_, params, path) => {
  const { send, out, answers } = await line(prompt);
  send({ id: 1, method: 'sonde/text/tokenize', params });
  await answers(1);
  expect(out).toMatchObject([{ error: { code: -32602, data: { detail: { problems: [{ path }] } } } }]);
});

test('an unknown method names the nearest that exist', async () => {
  const { send, out, answers } = await line(prompt);
  send({ id: 1, method: 'sonde/text/tokenise' });
  await answers(1);
  expect(out[0]?.error?.message).toContain('sonde/text/tokenize');
});

test('a duplicate of an id in flight is refused without disturbing the first', async () => {
  const { handlers, open } = gate();
  const { send, out, answers } = await line(handlers);
  send(tokenize(1));
  send(tokenize(1));
  await answers(1);
  expect(out).toMatchObject([{ id: null, error: { code: -32600 } }]);
  open();
  await answers(2);
  expect(out[1]).toMatchObject({ id: 1, result: RESULT });
  send(tokenize(1));
  await new Promise((resolve) => setImmediate(resolve));
  open();
  await answers(3);
  expect(out[2]).toMatchObject({ id: 1, result: RESULT });
});

test('the text "1" and the number 1 are two ids', async () => {
  const { handlers, open } = gate();
  const { send, out, answers } = await line(handlers);
  send(tokenize(1));
  send(tokenize('1'));
  await new Promise((resolve) => setImmediate(resolve));
  open();
  await answers(2);
  expect(out.map(({ id }) => id)).toEqual([1, '1']);
});

test('a request beyond the bound is refused at once, as retryable', async () => {
  const { handlers, open } = gate();
  const { send, out, answers } = await line(handlers);
  for (let id = 1; id <= 5; id++) send(tokenize(id));
  await answers(1);
  expect(out).toMatchObject([{ id: 5, error: { data: { kind: 'queue-full', retryable: true } } }]);
  open();
  await answers(5);
});

test('a cancelled request is answered with `cancelled`, the others go on', async () => {
  const { handlers, open } = gate();
  const { send, out, answers } = await line(handlers);
  send(tokenize(1));
  send(tokenize(2));
  send({ method: '$/cancelRequest', params: { id: 1 } });
  send({ method: '$/cancelRequest', params: { id: 99 } });
  send({ method: '$/cancelRequest', params: {} });
  await answers(1);
  expect(out).toMatchObject([{ id: 1, error: { code: -32800 } }]);
  open();
  await answers(2);
  expect(out[1]).toMatchObject({ id: 2, result: RESULT });
});

test('a client that vanishes has its work cancelled and gets nothing more', async () => {
  const { handlers, signals } = gate();
  const { send, out, hangUp } = await line(handlers);
  send(tokenize(1));
  send(tokenize(2));
  hangUp();
  await new Promise((resolve) => setImmediate(resolve));
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  expect(out).toEqual([]);
});

test('answers wait for a slow client and count as in flight meanwhile', async () => {
  const { send, out, answers, slow } = await line(prompt);
  slow(true);
  for (let id = 1; id <= 6; id++) send(tokenize(id));
  await answers(2);
  expect(out.map(({ error }) => error?.data.kind)).toEqual(['queue-full', 'queue-full']);
  slow(false);
  await answers(6);
  expect(out.slice(2).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
});

test('an answer beyond the bound is an error that says so', async () => {
  const { send, out, answers } = await line({
    'sonde/text/tokenize': () => ({ ...RESULT, warnings: ['x'.repeat(20_000)] }),
  });
  send(tokenize(1));
  await answers(1);
  expect(out).toMatchObject([{ id: 1, error: { data: { kind: 'too-large' } } }]);
});

test('an unforeseen error is a fault that tells the client nothing of the inside', async () => {
  const { send, out, answers } = await line({
    'sonde/text/tokenize': () => {
      throw new Error('secret of line 7');
    },
  });
  send(tokenize(1));
  await answers(1);
  expect(out).toMatchObject([{ error: { code: -32603, data: { kind: 'fault' } } }]);
  expect(JSON.stringify(out)).not.toContain('secret');
});

test('nothing is answered before initialize, and another version is refused by name', async () => {
  const { send, out, answers } = await line(prompt, {}, false);
  send(tokenize(1));
  send({ id: 2, method: 'initialize', params: { protocolVersion: 99, client: { name: 't' } } });
  await answers(2);
  send(tokenize(3));
  await answers(3);
  expect(out).toMatchObject([
    { id: 1, error: { data: { kind: 'invalid-request' } } },
    { id: 2, error: { data: { kind: 'version-mismatch', detail: { found: 99, expected: 1 } } } },
    { id: 3, error: { data: { kind: 'invalid-request' } } },
  ]);
});

test('a session cannot be opened twice', async () => {
  const { send, out, answers } = await line(prompt);
  send({ id: 1, method: 'initialize', params: { protocolVersion: 1, client: { name: 't' } } });
  await answers(1);
  expect(out).toMatchObject([{ error: { data: { kind: 'invalid-request' } } }]);
});

test('shutdown is answered, cancels the rest and closes the line', async () => {
  const { handlers, signals } = gate();
  const { send, out, answers, closedWith } = await line(handlers);
  send(tokenize(1));
  send({ id: 2, method: 'shutdown' });
  await answers(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(out[0]).toMatchObject({ id: 2, result: null });
  expect(signals[0]?.aborted).toBe(true);
  expect(closedWith()).not.toBeNull();
});

test('a daemon that drains begins nothing new', async () => {
  const { send, out, answers } = await line(prompt, { draining: () => true }, false);
  send(tokenize(1));
  await answers(1);
  expect(out).toMatchObject([{ id: 1, error: { data: { kind: 'shutting-down', retryable: true } } }]);
});

test('reports and partial results go out on their tokens, and only where asked for', async () => {
  const handlers: Handlers = {
    'sonde/trace/activations': async (_, { progress, partial }) => {
      progress({ message: 'half', fraction: 0.5 });
      await partial?.({ hook: 'h', tensor: { dtype: 'uint8', shape: [0], data: '' } });
      return { model: {} as never, bos: false, tokens: [], warnings: [], tensors: {} };
    },
  };
  const { send, out, answers } = await line(handlers);
  const params = { text: '', hooks: ['h'] };
  send({ id: 1, method: 'sonde/trace/activations', params });
  await answers(1);
  send({ id: 2, method: 'sonde/trace/activations', params: { ...params, workDoneToken: 'w', partialResultToken: 7 } });
  await answers(4);
  expect(out.slice(1, 3).map(({ method, params: sent }) => [method, sent?.token])).toEqual([
    ['$/progress', 'w'],
    ['$/progress', 7],
  ]);
  expect(out[3]).toMatchObject({ id: 2, result: { tensors: {} } });
});
