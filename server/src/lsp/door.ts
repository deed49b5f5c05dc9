/**
 * The editors' door: LSP's life cycle over whole JSON messages. It tells the server's name and no capabilities, so that
 * a client asks for nothing else. Deliberately absent so far: documents and every editor feature.
 * Source: LSP 3.17, "Server lifecycle".
 */
import type { Frame } from '@sonde/protocol';

/** What the door needs of a line. */
interface Line {
  send(frame: Frame): void;
  close(reason: string): void;
}

interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
}

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const NOT_INITIALIZED = -32002;

/** A door that takes lines; `version` is told to clients. */
export function lspDoor(version: string): (line: Line) => { frame(frame: Frame): void; closed(reason: string): void } {
  return (line) => {
    let stage: 'new' | 'open' | 'shut' = 'new';
    const answer = (id: unknown, outcome: object): void =>
      line.send(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }));
    const refuse = (id: unknown, code: number, message: string): void => answer(id, { error: { code, message } });

    function request(id: unknown, method: string): void {
      if (method === 'initialize' && stage === 'new') {
        stage = 'open';
        answer(id, { result: { capabilities: {}, serverInfo: { name: 'sonde', version } } });
      } else if (stage === 'new') refuse(id, NOT_INITIALIZED, `"${method}" came before "initialize".`);
      else if (stage === 'shut' || method === 'initialize')
        refuse(id, INVALID_REQUEST, `"${method}" cannot come now: the session is ${stage}.`);
      else if (method !== 'shutdown') refuse(id, METHOD_NOT_FOUND, `This server does not offer "${method}".`);
      else {
        stage = 'shut';
        answer(id, { result: null });
      }
    }

    return {
      frame(frame) {
        const message = typeof frame === 'string' ? parse(frame) : null;
        if (message === null) return refuse(null, PARSE_ERROR, 'Not a JSON object in a text frame.');
        const { id, method } = message;
        if (typeof method !== 'string') {
          // An answer has an id and no method; this door asks nothing, so there is none to take.
          return refuse(null, INVALID_REQUEST, 'No method name.');
        }
        if (id !== undefined) request(id, method.slice(0, 100));
        else if (method === 'exit') line.close('the client said exit');
      },
      closed() {},
    };
  };
}

function parse(text: string): Message | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
