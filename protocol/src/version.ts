/** The version handshake: what a client and a daemon must share before they speak. */

/** Version of the wire protocol; a breaking change raises it, an added field or method does not. */
export const PROTOCOL_VERSION = 1;

/** WebSocket subprotocol that both ends agree on; the only one a daemon ever echoes. */
export const SUBPROTOCOL = `sonde.v${PROTOCOL_VERSION}`;

/** Prefix of the subprotocol that carries the token, for browsers, which cannot set headers. */
export const TOKEN_SUBPROTOCOL_PREFIX = 'sonde.token.';

/** What a client puts into `Sec-WebSocket-Protocol`. The token is base64url, whose letters a subprotocol may have. */
export function subprotocols(token: string): string[] {
  return [SUBPROTOCOL, `${TOKEN_SUBPROTOCOL_PREFIX}${token}`];
}
