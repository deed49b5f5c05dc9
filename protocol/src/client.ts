/**
 * The typed client: requests by name, cancelled by an AbortSignal, with progress and partial results by callback. It
 * works over any transport, in Node and in browsers. Deliberately absent: reconnecting, which the caller decides.
 */
import { type Codec, decodeFrame, encodeFrame, type Frame } from './codec.ts';
import { RemoteError, WIRE_ERROR, type WireErrorKind, wireError } from './errors.ts';
import type { ProgressReport } from './messages/lifecycle.ts';
import type { Params, PartialResult, RequestName, Result } from './methods.ts';
import type { Transport } from './transports.ts';
import { PROTOCOL_VERSION } from './version.ts';

export interface RequestOptions<N extends RequestName> {
  /** Aborting sends `$/cancelRequest`; the request then rejects with `cancelled`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: ProgressReport) => void;
  /** Asks for partial results; the result's own lists are empty then. */
  readonly onPartial?: (partial: PartialResult<N>) => void;
}

export interface SondeClient {
  /** What the daemon said when the session was opened. */
  readonly server: Result<'initialize'>;
  /** Sends a request. Rejects with RemoteError; `connection-closed` when the line breaks first. */
  request<N extends RequestName>(method: N, params: Params<N>, options?: RequestOptions<N>): Promise<Result<N>>;
  /** Ends the session and closes the line. */
  close(): Promise<void>;
  /** Settles with the reason when the line is closed, by whomever. */
  readonly closed: Promise<string>;
}

export interface ClientOptions {
  /** How this client is called in the daemon's log. */
  readonly name: string;
  /** `messagepack` unless told: tensors travel as raw bytes. */
  readonly codec?: Codec;
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  readonly progress: ((value: never) => void) | undefined;
  readonly partial: ((value: never) => void) | undefined;
}

/** Opens a session over a transport. Rejects with `version-mismatch` where the daemon speaks another version. */
export async function connect(
  transport: Transport,
  { name, codec = 'messagepack' }: ClientOptions,
): Promise<SondeClient> {
  const pending = new Map<number, Pending>();
  let reason: string | undefined;
  let nextId = 1;

  const closed = new Promise<string>((resolve) => {
    transport.listen(
      (frame) => receive(frame, pending),
      (why) => {
        reason = why;
        for (const { reject } of pending.values()) reject(failure('connection-closed', `The line was closed: ${why}.`));
        pending.clear();
        resolve(why);
      },
    );
  });

  const send = (message: object): void => transport.send(encodeFrame(codec, { jsonrpc: '2.0', ...message }));

  function request<N extends RequestName>(
    method: N,
    params: Params<N>,
    { signal, onProgress, onPartial }: RequestOptions<N> = {},
  ): Promise<Result<N>> {
    if (signal?.aborted) return Promise.reject(failure('cancelled', 'The request was cancelled before it was sent.'));
    if (reason !== undefined) return Promise.reject(failure('connection-closed', `The line was closed: ${reason}.`));
    const id = nextId++;
    const cancel = (): void => send({ method: '$/cancelRequest', params: { id } });
    signal?.addEventListener('abort', cancel, { once: true });
    const answer = new Promise<Result<N>>((resolve, reject) => {
      pending.set(id, { resolve, reject, progress: onProgress, partial: onPartial });
    });
    const streams = {
      ...(onProgress ? { workDoneToken: `w${id}` } : {}),
      ...(onPartial ? { partialResultToken: `p${id}` } : {}),
    };
    send({ id, method, params: { ...params, ...streams } });
    return answer.finally(() => signal?.removeEventListener('abort', cancel));
  }

  const server = await request('initialize', { protocolVersion: PROTOCOL_VERSION, client: { name } });
  return {
    server,
    request,
    closed,
    async close() {
      // A daemon that has gone already needs no farewell.
      if (reason === undefined) await request('shutdown', {}).catch(() => undefined);
      transport.close();
      await closed;
    },
  };
}

function receive(frame: Frame, pending: Map<number, Pending>): void {
  const message = decodeFrame(frame) as {
    id?: unknown;
    method?: unknown;
    params?: { token: string; value: never };
    result?: never;
    error?: unknown;
  };
  if (message.method === '$/progress' && message.params) {
    const { token, value } = message.params;
    const entry = pending.get(Number(token.slice(1)));
    (token.startsWith('w') ? entry?.progress : entry?.partial)?.(value);
    return;
  }
  const entry = typeof message.id === 'number' ? pending.get(message.id) : undefined;
  if (!entry) return;
  pending.delete(message.id as number);
  if (message.error === undefined) entry.resolve(message.result as never);
  else entry.reject(new RemoteError(WIRE_ERROR.parse(message.error)));
}

function failure(kind: WireErrorKind, message: string): RemoteError {
  const { code, data } = wireError(kind, message);
  return new RemoteError({ code, message, data: { ...data, detail: {} } });
}
