/** One client's line as the doors see it, whatever carries its frames. */
import type { Frame } from '@sonde/protocol';

/** What a door may do with a line. */
export interface Connection {
  /** For logs: where the client sits. */
  readonly peer: string;
  /** Queues a frame. One that would wait behind more than the outgoing bound ends the line instead. */
  send(frame: Frame): void;
  /** Settles when little is left to be taken by the client, or the line has closed. */
  drained(): Promise<void>;
  /** Closes after what was sent. */
  close(reason: string): void;
}

/** What a line tells a door. Nothing is told after `closed`. */
export interface Receiver {
  frame(frame: Frame): void;
  closed(reason: string): void;
}

/** Takes a new line. */
export type Door = (connection: Connection) => Receiver;

/** Structured logging, as pino does it: fields, then a sentence. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
