/**
 * Copies messages between byte streams with LSP's framing and a WebSocket. It understands none of them; who starts it may
 * look at those in text and answer some in the place of the other side.
 */
import type { Readable, Writable } from 'node:stream';
import { frameReader, SUBPROTOCOL, subprotocols, writeFrame } from '@sonde/protocol';
import { WebSocket } from 'ws';
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

/** Relays until either side ends; settles with the reason. Rejects where the daemon cannot be reached. */
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
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve).once('error', reject);
  });
  if (socket.protocol !== SUBPROTOCOL) throw new Error(`${url} speaks "${socket.protocol}"; expected ${SUBPROTOCOL}.`);
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
    socket.close(1000, 'the stream ended');
  } catch (error) {
    // Destroying the input rejects the loop too, and then the socket has closed already.
    socket.close(1000, error instanceof RangeError ? 'a message that cannot be framed' : 'the stream broke');
  }
  return closed;
}

/** Waits until the frame is taken, so that a fast editor is read no faster than the daemon listens. */
function sent(socket: WebSocket, frame: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.send(frame, () => resolve()));
}
