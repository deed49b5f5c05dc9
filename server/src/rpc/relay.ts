/**
 * Copies messages between byte streams with LSP's framing and a WebSocket. It understands none of them; who starts it may
 * look at those in text and answer some in the place of the other side.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { frameReader, SUBPROTOCOL, subprotocols, writeFrame } from '@sonde/protocol';
import { WebSocket } from 'ws';
import { SondeError } from '../core/errors.ts';
import type { DaemonAddress } from './connect.ts';

export interface RelayOptions extends DaemonAddress {
  readonly input: Readable;
  readonly output: Writable;
  /** Bytes of one message from the streams. */
  readonly maxMessageBytes: number;
  readonly intercept?: Intercept;
}

/** Looks at messages on their way. */
export interface Intercept {
  /** What goes on in a message's place. */
  fromEditor(frame: string): string;
  /** The same, or null for one that was answered: by `reply`, now or later. */
  fromServer(frame: string, reply: (frame: string) => void): string | null;
}

/** How the editor's side ends a relay; any other reason is the daemon's. */
export const STREAM_ENDED = 'the stream ended';
export const STREAM_BROKE = 'the stream broke';
export const NOT_FRAMED = 'a message that cannot be framed';

/**
 * Relays until either side ends; settles with the reason.
 * @throws unauthorised where the daemon refuses; version-mismatch where it has no such door; device-unavailable where none
 * answers.
 */
export async function relay({
  url,
  token,
  certificate,
  input,
  output,
  maxMessageBytes,
  intercept,
}: RelayOptions): Promise<string> {
  const ca = certificate === undefined ? {} : { ca: certificate };
  const socket = new WebSocket(url, subprotocols(token), { ...ca, perMessageDeflate: false, maxPayload: 2 ** 30 });
  await opened(socket, url);
  const closed = new Promise<string>((resolve) => {
    socket.on('close', (code, reason) => resolve(reason.toString() || `code ${code}`));
    socket.on('error', (error) => resolve(error.message));
  });
  socket.on('message', (data, isBinary) => {
    const bytes = data as Buffer;
    if (isBinary) output.write(writeFrame(bytes));
    else {
      const text = bytes.toString('utf8');
      const reply = (answer: string): void => socket.send(answer, () => undefined);
      const passed = intercept ? intercept.fromServer(text, reply) : text;
      if (passed !== null) output.write(writeFrame(passed));
    }
  });
  // The daemon's end ends the reading, and an editor that has gone breaks the pipe.
  void closed.then(() => input.destroy());
  output.on('error', () => input.destroy());
  const read = frameReader(maxMessageBytes);
  const pass = (frame: string | Uint8Array): string | Uint8Array =>
    intercept && typeof frame === 'string' ? intercept.fromEditor(frame) : frame;
  try {
    for await (const chunk of input) for (const frame of read(chunk as Buffer)) await sent(socket, pass(frame));
    socket.close(1000, STREAM_ENDED);
  } catch (error) {
    // Destroying the input rejects the loop too, and then the socket has closed already.
    socket.close(1000, error instanceof RangeError ? NOT_FRAMED : STREAM_BROKE);
  }
  return closed;
}

/** Waits until the frame is taken, so that a fast editor is read no faster than the daemon listens. */
function sent(socket: WebSocket, frame: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.send(frame, () => resolve()));
}

function opened(socket: WebSocket, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => {
      const message = `No daemon answers at ${url}: ${cause.message}`;
      reject(new SondeError('device-unavailable', message, { found: url }, cause));
    });
    socket.once('unexpected-response', (request, response) => {
      void refusalOf(url, response).then(reject);
      request.once('close', () => socket.terminate());
    });
    socket.once('open', () => {
      if (socket.protocol === SUBPROTOCOL) return resolve();
      const message = `${url} speaks "${socket.protocol}"; expected ${SUBPROTOCOL}.`;
      reject(new SondeError('version-mismatch', message, { found: socket.protocol, expected: SUBPROTOCOL }));
      socket.terminate();
    });
  });
}

/** Characters of a refusal that are told. */
const REFUSAL_LENGTH = 500;

/** A refusal as the daemon's HTTP side gives it: a status, and a sentence in JSON. */
async function refusalOf(url: string, response: IncomingMessage): Promise<SondeError> {
  let body = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) if (body.length < REFUSAL_LENGTH) body += chunk;
  } catch {
    // A refusal that breaks off is told as far as it came.
  }
  const status = response.statusCode ?? 0;
  const why = sentenceOf(body).slice(0, REFUSAL_LENGTH) || (response.statusMessage ?? '');
  if (status === 404) {
    const message = `The daemon at ${url} has no such door (404), so it is of another version. Stop it with "sonde stop".`;
    return new SondeError('version-mismatch', message, { found: status });
  }
  const kind = [401, 403, 421].includes(status) ? 'unauthorised' : 'device-unavailable';
  return new SondeError(kind, `The daemon at ${url} refuses (${status}): ${why}`, { found: status });
}

function sentenceOf(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === 'string' ? error : body;
  } catch {
    return body;
  }
}
