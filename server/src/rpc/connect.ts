/** The way of Sonde's own commands to a daemon: the protocol's client over a WebSocket of Node. */
import { connect, type SondeClient, type WebSocketConstructor, webSocketTransport } from '@sonde/protocol';
import { WebSocket } from 'ws';

export interface DaemonAddress {
  /** Such as `ws://127.0.0.1:7717/rpc`. */
  readonly url: string;
  readonly token: string;
  /** PEM text of the certificate to trust, where the daemon has one that no authority signed. */
  readonly certificate?: string | undefined;
}

/** Opens a session. Rejects where the daemon is gone, or refuses. */
export async function connectDaemon({ url, token, certificate }: DaemonAddress, name: string): Promise<SondeClient> {
  const ca = certificate === undefined ? {} : { ca: certificate };
  class Socket extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { ...ca, perMessageDeflate: false, maxPayload: 2 ** 30 });
    }
  }
  const transport = await webSocketTransport({ url, token, WebSocket: Socket as unknown as WebSocketConstructor });
  return connect(transport, { name });
}
