/**
 * Who may open a line. A page in any browser can reach a port of this machine, so a token is always asked for; Host is
 * checked because a page's own name can be made to resolve here (DNS rebinding), and Origin because browsers send it
 * truthfully. A token in a URL is never read: URLs end in logs and histories.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { TOKEN_SUBPROTOCOL_PREFIX } from '@sonde/protocol';

export interface AccessPolicy {
  readonly token: string;
  /** `host:port` that the daemon is reached by, lower case. */
  readonly hosts: ReadonlySet<string>;
  /** Origins of pages that may connect, such as `https://tools.example`. */
  readonly origins: ReadonlySet<string>;
}

/** Why a line is refused, as HTTP tells it. */
export interface Refusal {
  readonly status: 401 | 403 | 421;
  readonly message: string;
}

/** Checks Host, Origin and token, in this order; null admits. */
export function refusal(headers: IncomingHttpHeaders, policy: AccessPolicy): Refusal | null {
  const { host, origin } = headers;
  if (!policy.hosts.has((host ?? '').toLowerCase())) {
    return { status: 421, message: `Host "${shown(host)}" is not a name of this daemon; allow it by allowed_hosts.` };
  }
  if (origin !== undefined && !policy.origins.has(origin)) {
    return { status: 403, message: `Pages of ${shown(origin)} may not connect; allow them by allowed_origins.` };
  }
  const given = bearer(headers.authorization) ?? fromSubprotocols(headers['sec-websocket-protocol']);
  if (given === null) {
    return {
      status: 401,
      message: 'No token. Send it as `Authorization: Bearer …`, or as a subprotocol sonde.token.….',
    };
  }
  return sameText(given, policy.token) ? null : { status: 401, message: 'Wrong token; read it from the token file.' };
}

/** Compares in a time that tells nothing of where the texts differ, nor of their lengths. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function bearer(header: string | undefined): string | null {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? null;
}

function fromSubprotocols(header: string | undefined): string | null {
  const offered = (header ?? '').split(',').map((name) => name.trim());
  return (
    offered.find((name) => name.startsWith(TOKEN_SUBPROTOCOL_PREFIX))?.slice(TOKEN_SUBPROTOCOL_PREFIX.length) ?? null
  );
}

function shown(value: string | undefined): string {
  return (value ?? '').slice(0, 100);
}
