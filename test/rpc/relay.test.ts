/** An editor on byte streams, relayed to a door behind a port: both ways, every kind of end. */
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Frame } from '../../protocol/src/codec.ts';
import { frameReader, writeFrame } from '../../protocol/src/framing.ts';
import type { Connection } from '../../server/src/rpc/connection.ts';
import { relay } from '../../server/src/rpc/relay.ts';
import { openPort, TOKEN } from '../support/port.ts';

const MAX_MESSAGE_BYTES = 50_000;

interface Rig {
  readonly input: PassThrough;
  readonly output: PassThrough;
  /** What the door was sent, and what it closed with. */
  readonly arrived: Frame[];
  readonly closed: string[];
  /** The line as the door sees it, once it is open. */
  line(): Connection | undefined;
  /** What the relay ended with. */
  readonly ended: Promise<string>;
}

async function rig(token = TOKEN): Promise<Rig> {
  const [arrived, closed]: [Frame[], string[]] = [[], []];
  let line: Connection | undefined;
  const { url } = await openPort((connection) => {
    line = connection;
    return { frame: (frame) => void arrived.push(frame), closed: (reason) => void closed.push(reason) };
  });
  const [input, output] = [new PassThrough(), new PassThrough()];
  const ended = relay({ url, token, input, output, maxMessageBytes: MAX_MESSAGE_BYTES });
  ended.catch(() => undefined);
  return { input, output, arrived, closed, line: () => line, ended };
}

/** Frames that a relay wrote so far. */
function written({ output }: Rig): Frame[] {
  const bytes = output.read() as Buffer | null;
  return bytes === null ? [] : frameReader(MAX_MESSAGE_BYTES)(bytes);
}

const text = (i: number): string => `{"jsonrpc":"2.0","id":${i},"method":"é😀"}`;

test('messages arrive whole and in order, however the stream cuts them', async () => {
  const { input, arrived, ended } = await rig();
  const sent = Array.from({ length: 50 }, (_, i) => text(i));
  const bytes = Buffer.concat(sent.map(writeFrame));
  for (let at = 0; at < bytes.length; at += 37) input.write(bytes.subarray(at, at + 37));
  input.end();
  await ended;
  expect(arrived).toEqual(sent);
});

test('what the daemon sends is written with its length, texts and bytes alike', async () => {
  const one = await rig();
  await expect.poll(one.line).toBeDefined();
  const frames = [text(1), Uint8Array.of(0x93, 1, 2, 3), text(2)];
  for (const frame of frames) one.line()!.send(frame);
  await expect.poll(() => one.output.readableLength).toBe(Buffer.concat(frames.map(writeFrame)).length);
  expect(written(one).map((frame) => (typeof frame === 'string' ? frame : [...frame]))).toEqual([
    text(1),
    [0x93, 1, 2, 3],
    text(2),
  ]);
});

test('the editor’s end closes the line', async () => {
  const { input, closed, ended } = await rig();
  input.end();
  expect(await ended).toBe('the stream ended');
  expect(closed).toEqual(['the stream ended']);
});

test('the daemon’s end ends the relay with its reason, though the editor goes on', async () => {
  const one = await rig();
  await expect.poll(one.line).toBeDefined();
  one.line()!.close('the daemon stopped');
  expect(await one.ended).toBe('the daemon stopped');
  expect(one.input.destroyed).toBe(true);
});

test.each([
  ['longer than the bound', `Content-Length: ${MAX_MESSAGE_BYTES + 1}\r\n\r\n`],
  ['without a length', 'Content-Type: text/plain\r\n\r\n'],
])('a message %s ends the relay', async (_, header) => {
  const { input, closed, ended } = await rig();
  input.write(header);
  expect(await ended).toBe('a message that cannot be framed');
  expect(closed).toEqual(['a message that cannot be framed']);
});

test('an editor that does not read any more ends the relay', async () => {
  const one = await rig();
  await expect.poll(one.line).toBeDefined();
  // What a pipe without reader does to whoever writes to it.
  one.output.destroy(new Error('EPIPE'));
  expect(await one.ended).toBe('the stream broke');
});

test('a wrong token, and a daemon that is not there, reject', async () => {
  await expect((await rig('wrong')).ended).rejects.toThrow('401');
  const nowhere = { url: 'ws://127.0.0.1:1/rpc', token: TOKEN, maxMessageBytes: 1 };
  await expect(relay({ ...nowhere, input: new PassThrough(), output: new PassThrough() })).rejects.toThrow(
    'ECONNREFUSED',
  );
});
