/**
 * One client's session: what it has in flight, what it may still send, how it ends. Invariants: an id is in flight once;
 * every request is answered once, unless the line is gone; when the line goes, the work goes. Deliberately absent: sockets
 * (transports) and what requests mean (handlers).
 */
import {
  type Codec,
  cancelRequest,
  codecOf,
  decodeFrame,
  encodeFrame,
  encodeInPieces,
  type Frame,
  type WireError,
  wireError,
} from '@sonde/protocol';
import { breathe, promptly } from '../core/turn.ts';
import type { Connection, Log, Receiver } from './connection.ts';
import { errorToWire, type Handlers, prepare, type RequestContext } from './dispatch.ts';
import { type Envelope, type RequestId, readEnvelope, type StreamTokens, splitTokens } from './envelope.ts';

export interface SessionServices {
  readonly handlers: Handlers;
  readonly log: Log;
  readonly meter: Meter;
  /** Requests that one client may have in flight. */
  readonly maxInFlight: number;
  /** Bytes of one answer. */
  readonly maxAnswerBytes: number;
  /** True while the daemon ends: nothing new is begun. */
  draining(): boolean;
}

/** What is counted of every request. */
export interface Meter {
  started(): void;
  /** `outcome` is `ok` or an error kind. */
  ended(method: string, outcome: string, seconds: number): void;
}

/** Bytes, or UTF-16 units, that take a socket a noticeable time. */
const LONG_FRAME = 2 ** 16;

type Request = Extract<Envelope, { kind: 'request' }>;

/** Opens a session on a line. */
export function openSession(connection: Connection, services: SessionServices): Receiver {
  const { handlers, log, meter, maxInFlight, maxAnswerBytes } = services;
  const inFlight = new Map<RequestId, AbortController>();
  let initialized = false;
  let closed = false;

  const send = (codec: Codec, message: object): void => {
    if (!closed) connection.send(encodeFrame(codec, { jsonrpc: '2.0', ...message }));
  };
  const refuse = (codec: Codec, id: RequestId | null, error: WireError): void => send(codec, { id, error });

  /** Why a request may not begin; null when it may. */
  function obstacle({ id, method }: Request): WireError | null {
    if (inFlight.has(id)) {
      return wireError('invalid-request', `The id ${JSON.stringify(id)} is in flight already.`, { id });
    }
    if (inFlight.size >= maxInFlight) {
      return wireError('queue-full', `${maxInFlight} requests are in flight; await one of them first.`, {
        found: inFlight.size + 1,
        expected: maxInFlight,
      });
    }
    if (method === 'shutdown') return null;
    if (services.draining())
      return wireError('shutting-down', 'The daemon is stopping; connect again to the next one.');
    if (!initialized && method !== 'initialize') {
      return wireError('invalid-request', `"${method.slice(0, 100)}" came before "initialize".`);
    }
    return initialized && method === 'initialize' ? wireError('invalid-request', 'The session is open already.') : null;
  }

  async function handle(codec: Codec, request: Request): Promise<void> {
    const { id, method } = request;
    const problem = obstacle(request);
    // An answer under an id in flight would be taken for the first request's.
    if (problem) return refuse(codec, inFlight.has(id) ? null : id, problem);
    const abort = new AbortController();
    inFlight.set(id, abort);
    const begun = performance.now();
    meter.started();
    const outcome = await answer(codec, request, abort.signal);
    inFlight.delete(id);
    const seconds = (performance.now() - begun) / 1000;
    meter.ended(method, outcome, seconds);
    log.debug({ method: method.slice(0, 100), outcome, ms: Math.round(seconds * 1000) }, 'request');
    if (outcome !== 'ok') return;
    if (method === 'initialize') initialized = true;
    if (method === 'shutdown') {
      abortAll();
      connection.close('the session was shut down');
    }
  }

  let delivered: Promise<void> = Promise.resolve();
  /** Answers go one after the other, since all that wait for the client to catch up would go together. */
  function deliver(frame: Frame): Promise<void> {
    const mine = delivered.then(async () => {
      await connection.drained();
      // A socket takes what it can at once.
      if (frame.length > LONG_FRAME) await breathe();
      if (!closed) connection.send(frame);
    });
    delivered = mine.catch(() => undefined);
    return mine;
  }

  /** Runs a request and answers it; returns `ok` or the error's kind. */
  async function answer(codec: Codec, { id, method, params }: Request, signal: AbortSignal): Promise<string> {
    const error = await compute(codec, id, method, params, signal);
    if (error === null) return 'ok';
    refuse(codec, id, error);
    return error.data.kind;
  }

  async function compute(
    codec: Codec,
    id: RequestId,
    method: string,
    params: object,
    signal: AbortSignal,
  ): Promise<WireError | null> {
    const split = splitTokens(params);
    if (!split) return wireError('invalid-params', `${method.slice(0, 100)}: a progress token that is no id.`);
    const prepared = prepare(handlers, method, split.own);
    if ('error' in prepared) return prepared.error;
    try {
      const result = await prepared.run(contextOf(codec, split.tokens, signal));
      // What waits here counts as in flight, so that a slow reader holds few answers.
      await connection.drained();
      const frame = await encodeAnswer(codec, { jsonrpc: '2.0', id, result }, signal);
      if (frame === null || frame.length > maxAnswerBytes) return tooLarge(frame?.length ?? null, maxAnswerBytes);
      await deliver(frame);
      return null;
    } catch (error) {
      const wire = errorToWire(error);
      if (wire.data.kind === 'fault') log.error({ method, err: error }, 'a request failed by a fault');
      return wire;
    }
  }

  function contextOf(codec: Codec, tokens: StreamTokens, signal: AbortSignal): RequestContext {
    const notify = (token: RequestId, value: unknown): void =>
      send(codec, { method: '$/progress', params: { token, value } });
    const { workDoneToken, partialResultToken } = tokens;
    return {
      signal,
      progress: (report) => {
        if (workDoneToken !== undefined) notify(workDoneToken, report);
      },
      partial:
        partialResultToken === undefined
          ? null
          : async (value) => {
              notify(partialResultToken, value);
              await connection.drained();
            },
    };
  }

  function abortAll(): void {
    for (const abort of inFlight.values()) abort.abort();
  }

  return {
    frame(frame: Frame) {
      if (closed) return;
      const codec = codecOf(frame);
      const envelope = decode(frame);
      if (envelope.kind === 'request') {
        handle(codec, envelope).catch((err) => log.error({ err }, 'an answer could not be sent'));
      } else if (envelope.kind === 'invalid') refuse(codec, envelope.id, wireError(envelope.error, envelope.problem));
      else if (envelope.method === cancelRequest.name) {
        const parsed = cancelRequest.params.safeParse(envelope.params);
        if (parsed.success) inFlight.get(parsed.data.id)?.abort();
      }
    },
    closed(reason) {
      closed = true;
      log.info({ peer: connection.peer, reason, abandoned: inFlight.size }, 'client gone');
      abortAll();
    },
  };
}

type Decoded =
  | Exclude<Envelope, { kind: 'invalid' }>
  | {
      readonly kind: 'invalid';
      readonly error: 'parse-error' | 'invalid-request';
      readonly id: RequestId | null;
      readonly problem: string;
    };

function decode(frame: Frame): Decoded {
  let message: unknown;
  try {
    message = decodeFrame(frame);
  } catch (error) {
    const problem = error instanceof Error ? error.message.slice(0, 200) : 'unreadable';
    return { kind: 'invalid', error: 'parse-error', id: null, problem };
  }
  const envelope = readEnvelope(message);
  if (envelope.kind !== 'invalid') return envelope;
  return { ...envelope, error: 'invalid-request', problem: `Not a request: ${envelope.problem}.` };
}

/** Null where no text or buffer can be so long. */
async function encodeAnswer(codec: Codec, message: object, signal: AbortSignal): Promise<Frame | null> {
  try {
    return await promptly(encodeInPieces(codec, message), signal);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function tooLarge(found: number | null, expected: number): WireError {
  return wireError(
    'too-large',
    `The answer takes ${found ?? 'over 500 million'} bytes; at most ${expected} are sent at once. Ask for fewer positions or hooks, or for partial results.`,
    { found, expected },
  );
}
