/** A session over a line in memory: what is put in, and what comes out, as plain messages. */
import { type Codec, codecOf, decodeFrame, encodeFrame, type Frame } from '../../protocol/src/codec.ts';
import { PROTOCOL_VERSION } from '../../protocol/src/version.ts';
import type { Connection } from '../../server/src/rpc/connection.ts';
import type { Handlers } from '../../server/src/rpc/dispatch.ts';
import { lifecycleHandlers } from '../../server/src/rpc/handlers/lifecycle.ts';
import { openSession, type SessionServices } from '../../server/src/rpc/session.ts';

export interface Message {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: { readonly token: string; readonly value: unknown };
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data: { readonly kind: string } };
}

export interface Line {
  /** Sends a frame as it is. */
  raw(frame: Frame): void;
  send(message: object, codec?: Codec): void;
  /** Everything that came out so far, in order, with its codec. */
  readonly out: (Message & { readonly codec: Codec })[];
  /** Waits until `count` messages have come out. */
  answers(count: number): Promise<void>;
  hangUp(): void;
  /** Makes the client slow: `drained` does not settle until it is made fast again. */
  slow(isSlow: boolean): void;
  readonly closedWith: () => string | null;
}

export const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** Against an answer that never comes; a busy machine may be slow. */
const PATIENCE_MILLISECONDS = 60_000;

/** Opens a session over handlers; `initialize` is sent and its answer taken away unless told. */
export async function line(handlers: Handlers, options: Partial<SessionServices> = {}, greet = true): Promise<Line> {
  const out: Line['out'] = [];
  let closedWith: string | null = null;
  let resume: () => void = () => undefined;
  let drained = Promise.resolve();
  const connection: Connection = {
    peer: 'test',
    send: (frame) => out.push({ ...(decodeFrame(frame) as Message), codec: codecOf(frame) }),
    drained: () => drained,
    close: (reason) => {
      closedWith = reason;
    },
  };
  const facts = { version: '0', maxMessageBytes: 1, maxInFlight: 4 };
  const receiver = openSession(connection, {
    handlers: { ...lifecycleHandlers(facts, handlers), ...handlers },
    log: SILENT,
    meter: { started() {}, ended() {} },
    maxInFlight: 4,
    maxAnswerBytes: 10_000,
    draining: () => false,
    ...options,
  });
  const self: Line = {
    raw: (frame) => receiver.frame(frame),
    send: (message, codec = 'json') => receiver.frame(encodeFrame(codec, { jsonrpc: '2.0', ...message })),
    out,
    async answers(count) {
      const patience = performance.now() + PATIENCE_MILLISECONDS;
      while (out.length < count) {
        if (performance.now() > patience) throw new Error(`${out.length} of ${count} messages: ${JSON.stringify(out)}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    hangUp: () => receiver.closed('test'),
    slow(isSlow) {
      resume();
      if (isSlow) drained = new Promise((resolve) => (resume = resolve));
      else drained = Promise.resolve();
    },
    closedWith: () => closedWith,
  };
  if (greet) {
    self.send({
      id: 'hello',
      method: 'initialize',
      params: { protocolVersion: PROTOCOL_VERSION, client: { name: 't' } },
    });
    await self.answers(1);
    out.length = 0;
  }
  return self;
}
