/** Ways for a client's frames to travel: a WebSocket of a browser or of Node, or a pair of byte streams. */
import type { Frame } from './codec.ts';
import { frameReader, writeFrame } from './framing.ts';
import { SUBPROTOCOL, subprotocols } from './version.ts';

/** A two-way line of frames; `onClose` is called once, with what went wrong or null. */
export interface Transport {
  send(frame: Frame): void;
  /** Sets who listens; frames do not arrive before. */
  listen(onFrame: (frame: Frame) => void, onClose: (reason: string) => void): void;
  close(): void;
}

/** The part of the standard WebSocket that is used: browsers have it, and the `ws` package's class too. */
export interface WebSocketLike {
  binaryType: string;
  readonly protocol: string;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: (event: { readonly message?: string }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export interface WebSocketOptions {
  /** Such as `ws://127.0.0.1:7717/rpc`. */
  readonly url: string;
  readonly token: string;
  /** The `ws` package's class, or the global one of browsers. */
  readonly WebSocket: WebSocketConstructor;
}

/** Opens a WebSocket; the token goes by subprotocol, never in the URL. Rejects where the daemon cannot be reached or refuses. */
export function webSocketTransport({ url, token, WebSocket }: WebSocketOptions): Promise<Transport> {
  const socket = new WebSocket(url, subprotocols(token));
  socket.binaryType = 'arraybuffer';
  return new Promise((resolve, reject) => {
    let problem = 'no reason given';
    socket.addEventListener('error', ({ message }) => {
      problem = message ?? problem;
    });
    socket.addEventListener('close', ({ code, reason }) =>
      reject(new Error(`The connection to ${url} was refused: ${reason || problem} (code ${code}).`)),
    );
    socket.addEventListener('open', () => {
      if (socket.protocol === SUBPROTOCOL) resolve(overSocket(socket));
      else reject(new Error(`${url} speaks "${socket.protocol}"; expected ${SUBPROTOCOL}.`));
    });
  });
}

/** A byte stream in each direction, such as a child process's stdout and stdin. */
export interface ByteStreams {
  readonly input: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): void;
  end(): void;
}

/** Frames with LSP headers over byte streams; `maxBytes` bounds a frame that arrives. */
export function streamTransport(streams: ByteStreams, maxBytes = 2 ** 30): Transport {
  return {
    send: (frame) => streams.write(writeFrame(frame)),
    listen: (onFrame, onClose) => {
      void pump(streams.input, frameReader(maxBytes), onFrame).then(onClose);
    },
    close: () => streams.end(),
  };
}

async function pump(
  input: AsyncIterable<Uint8Array>,
  read: (chunk: Uint8Array) => Frame[],
  onFrame: (frame: Frame) => void,
): Promise<string> {
  try {
    for await (const chunk of input) for (const frame of read(chunk)) onFrame(frame);
    return 'the stream ended';
  } catch (error) {
    return String(error);
  }
}

function overSocket(socket: WebSocketLike): Transport {
  return {
    send: (frame) => socket.send(frame),
    listen(onFrame, onClose) {
      socket.addEventListener('message', ({ data }) =>
        onFrame(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer)),
      );
      socket.addEventListener('close', ({ code, reason }) => onClose(`code ${code}${reason ? `: ${reason}` : ''}`));
    },
    close: () => socket.close(1000),
  };
}
