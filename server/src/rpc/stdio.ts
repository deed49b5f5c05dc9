/** One line over byte streams with LSP's framing: whoever started the process is the client, so no token is asked for. */
import type { Readable, Writable } from 'node:stream';
import { frameReader, writeFrame } from '@sonde/protocol';
import type { Connection, Door } from './connection.ts';

export interface StdioOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly maxMessageBytes: number;
}

/** Serves a door until the client ends the stream, or sends what cannot be framed; settles with the reason. */
export async function serveStdio(door: Door, { input, output, maxMessageBytes }: StdioOptions): Promise<string> {
  let ended: string | null = null;
  const connection: Connection = {
    peer: 'stdio',
    send(frame) {
      if (ended === null) output.write(writeFrame(frame));
    },
    drained: () =>
      output.writableNeedDrain && ended === null
        ? new Promise((resolve) => output.once('drain', resolve).once('close', resolve))
        : Promise.resolve(),
    close(reason) {
      ended ??= reason;
      // Ends the loop below, which waits for input.
      input.destroy();
    },
  };
  const receiver = door(connection);
  // A client that has gone breaks the pipe; the input's end tells the same.
  output.on('error', (error) => connection.close(error.message));
  const read = frameReader(maxMessageBytes);
  try {
    for await (const chunk of input) {
      for (const frame of read(chunk as Buffer)) receiver.frame(frame);
      // A client that does not read its answers is not read either.
      await connection.drained();
    }
    ended ??= 'the stream ended';
  } catch (error) {
    ended ??= error instanceof Error ? error.message : String(error);
  }
  receiver.closed(ended);
  return ended;
}
