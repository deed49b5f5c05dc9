/**
 * The editors' door: LSP over whole JSON messages, one session a line. Each request is a file of its own that asks the
 * editor room once and spells the answer in LSP. Deliberately absent: what an answer means (editor), sockets (rpc), and
 * reading or writing the editor's files, which its own side does.
 */
import type { Frame } from '@sonde/protocol';
// vscode-jsonrpc takes timers and encodings from a runtime that importing its Node part installs.
import 'vscode-languageserver-protocol/node';
import { createConnection, createProtocolConnection, ProposedFeatures } from 'vscode-languageserver';
import type { DoorOptions } from './door-options.ts';
import { serve } from './serve.ts';
import { CLIENT_EXIT, type Line, lineTransport } from './transport.ts';

/** A door that takes lines. */
export function lspDoor(
  options: DoorOptions,
): (line: Line) => { frame(frame: Frame): void; closed(reason: string): void } {
  return (line) => {
    const transport = lineTransport(line);
    const connection = createConnection(
      (logger) => createProtocolConnection(transport.reader, transport.writer, logger),
      // The daemon outlives its clients: a client's end closes its line and nothing else.
      { shutdownReceived: false, initialize: () => undefined, exit: () => line.close(CLIENT_EXIT) },
      ProposedFeatures.all,
    );
    const session = serve(connection, options);
    connection.listen();
    return {
      frame: (frame) => transport.frame(frame),
      closed() {
        session.dispose();
        transport.closed();
        connection.dispose();
      },
    };
  };
}
