/**
 * A client's line as vscode-jsonrpc reads and writes it: one message a text frame. What that library does not watch is
 * held here: messages that are no JSON, requests before `initialize` and after `shutdown`, and how many are in flight.
 * Source: LSP 3.17, "Server lifecycle"; JSON-RPC 2.0, section 5.1.
 */
import { encodeInPieces, type Frame } from '@sonde/protocol';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageReader,
  type MessageWriter,
} from 'vscode-languageserver';
import { promptly } from '../core/turn.ts';
import { problemOf } from './params.ts';

/** What the door needs of a line. */
export interface Line {
  send(frame: Frame): void;
  close(reason: string): void;
}

export interface LineTransport {
  readonly reader: MessageReader;
  readonly writer: MessageWriter;
  /** Takes a frame of the client. */
  frame(frame: Frame): void;
  /** The line is gone. */
  closed(): void;
}

/** What a line closes with when its client has said goodbye. */
export const CLIENT_EXIT = 'the client said exit';

/** Requests of one client that may be in flight: an editor cancels what it no longer shows. */
export const MAX_IN_FLIGHT = 256;

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const INVALID_PARAMS = -32602;
const NOT_INITIALIZED = -32002;
const SERVER_BUSY = -32803;

interface Wire {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

/** Reader and writer over a line. */
export function lineTransport(line: Line): LineTransport {
  const reader = new LineReader();
  const inFlight = new Set<unknown>();
  let stage: 'new' | 'open' | 'shut' = 'new';
  const refuse = (id: unknown, code: number, message: string): void =>
    line.send(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }));

  /** Hands a message on. The library throws at some that no client should send, and that must end nothing but them. */
  function take(message: Wire): void {
    try {
      reader.take(message as Message);
    } catch {
      refuse(null, INVALID_REQUEST, 'The message has parts that it must have missing.');
    }
  }

  /** Whether a request may go on. */
  function admits(id: unknown, method: string, params: unknown): boolean {
    const problem = method === 'initialize' ? problemOf(method, params) : null;
    if (problem !== null) refuse(id, INVALID_PARAMS, problem);
    else if (stage === 'new' && method !== 'initialize')
      refuse(id, NOT_INITIALIZED, `"${method}" came before "initialize".`);
    else if (stage === 'shut' || (stage === 'open' && method === 'initialize'))
      refuse(id, INVALID_REQUEST, `"${method}" cannot come now: the session is ${stage}.`);
    else if (inFlight.has(id)) refuse(null, INVALID_REQUEST, `The id ${JSON.stringify(id)} is in flight already.`);
    else if (inFlight.size >= MAX_IN_FLIGHT)
      refuse(id, SERVER_BUSY, `${MAX_IN_FLIGHT} requests are in flight; await one of them first.`);
    else {
      inFlight.add(id);
      if (method === 'initialize') stage = 'open';
      if (method === 'shutdown') stage = 'shut';
      return true;
    }
    return false;
  }

  class LineWriter extends AbstractMessageWriter implements MessageWriter {
    /** Messages keep their order. */
    #written: Promise<void> = Promise.resolve();

    async write(message: Message): Promise<void> {
      const { id, method } = message as Wire;
      if (method === undefined && id !== undefined) inFlight.delete(id);
      // Fifty long rows have 3,000 hints: spelt at once they would hold the event loop for 16 ms.
      const mine = this.#written.then(async () => line.send(await promptly(encodeInPieces('json', message))));
      this.#written = mine.catch(() => undefined);
      return mine;
    }
    end(): void {}
  }

  return {
    reader,
    writer: new LineWriter(),
    frame(frame) {
      const message = typeof frame === 'string' ? parse(frame) : null;
      if (message === null) return refuse(null, PARSE_ERROR, 'Not a JSON object in a text frame.');
      const { id, method } = message;
      if (typeof method !== 'string') {
        // An answer to a request of ours; before `initialize` we ask nothing.
        if (stage === 'new' || id === undefined) return refuse(null, INVALID_REQUEST, 'No method name.');
        return take(message);
      }
      if (id !== undefined && typeof id !== 'string' && typeof id !== 'number')
        return refuse(null, INVALID_REQUEST, 'An id is a string or a number.');
      if (id !== undefined) {
        if (admits(id, method.slice(0, 100), message.params)) take(message);
      } else if (method === 'exit') line.close(CLIENT_EXIT);
      else if (stage === 'open') take(message);
    },
    closed() {
      // What a client that has gone was waiting for is not worth going on with.
      for (const id of inFlight) take({ method: '$/cancelRequest', params: { id } });
      inFlight.clear();
      reader.end();
    },
  };
}

class LineReader extends AbstractMessageReader implements MessageReader {
  #callback: DataCallback | null = null;

  listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    return { dispose: () => undefined };
  }

  take(message: Message): void {
    this.#callback?.(message);
  }

  end(): void {
    this.fireClose();
  }
}

function parse(text: string): Wire | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
