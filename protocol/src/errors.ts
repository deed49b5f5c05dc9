/**
 * Error kinds on the wire: kind → code and whether the same request may succeed when sent again, the single table.
 * Families: caller −32602 and 1xxx, artifact 2xxx, resource 3xxx, access 4xxx, lifecycle −32800/−32801 and 31xx,
 * fault −32603; JSON-RPC's own envelope errors keep their codes. −32099…−32000 stays unused: JSON-RPC and LSP own it.
 */
import { z } from 'zod';

interface WireKind {
  readonly code: number;
  /** The same request may succeed when it is sent again. */
  readonly retryable: boolean;
}

const final = (code: number): WireKind => ({ code, retryable: false });
const retryable = (code: number): WireKind => ({ code, retryable: true });

/** Every error kind that can cross the wire. */
export const WIRE_ERRORS = {
  'parse-error': final(-32700),
  'invalid-request': final(-32600),
  'unknown-method': final(-32601),
  'invalid-params': final(-32602),
  fault: final(-32603),
  cancelled: final(-32800),
  stale: retryable(-32801),
  'unknown-hook': final(1001),
  'unknown-model': final(1002),
  'unknown-dictionary': final(1003),
  'unknown-feature': final(1004),
  'unknown-token': final(1005),
  'position-out-of-range': final(1006),
  'context-exceeded': final(1007),
  'invalid-text': final(1008),
  'file-not-found': final(2001),
  'corrupt-file': final(2002),
  'unsupported-format': final(2003),
  'unsupported-architecture': final(2004),
  'unsupported-dtype': final(2005),
  'missing-tensor': final(2006),
  'shape-mismatch': final(2007),
  'dictionary-mismatch': final(2008),
  'unsafe-file': final(2009),
  'non-finite': final(2010),
  'too-large': final(3001),
  'out-of-memory': final(3002),
  'queue-full': retryable(3003),
  'device-unavailable': final(3004),
  'runtime-restarted': retryable(3101),
  'shutting-down': retryable(3102),
  'connection-closed': retryable(3103),
  unauthorised: final(4001),
  'path-outside-roots': final(4002),
  'version-mismatch': final(4003),
} as const satisfies Record<string, WireKind>;

export type WireErrorKind = keyof typeof WIRE_ERRORS;

/** An error as JSON-RPC carries it. */
export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly data: WireErrorData;
}

export interface WireErrorData {
  readonly kind: WireErrorKind;
  readonly retryable: boolean;
  /** What was found, what was expected, where. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Schema of an error object from any JSON-RPC peer: only code and message are sure. */
export const WIRE_ERROR = z.object({
  code: z.number().int(),
  message: z.string(),
  data: z
    .object({ kind: z.string(), retryable: z.boolean(), detail: z.record(z.string(), z.unknown()) })
    .partial()
    .optional(),
});

/** Builds the wire form of an error. */
export function wireError(
  kind: WireErrorKind,
  message: string,
  detail: Readonly<Record<string, unknown>> = {},
): WireError {
  const { code, retryable } = WIRE_ERRORS[kind];
  return { code, message, data: { kind, retryable, detail } };
}

/** Whether a text names an error kind of this protocol. */
export function isWireErrorKind(kind: string | undefined): kind is WireErrorKind {
  return kind !== undefined && Object.hasOwn(WIRE_ERRORS, kind);
}

/** What a client's request rejects with; `kind` is `fault` where the peer named none that is known here. */
export class RemoteError extends Error {
  readonly kind: WireErrorKind;
  readonly code: number;
  readonly retryable: boolean;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor({ code, message, data }: z.infer<typeof WIRE_ERROR>) {
    super(message);
    this.name = 'RemoteError';
    this.code = code;
    this.kind = isWireErrorKind(data?.kind) ? data.kind : 'fault';
    this.retryable = data?.retryable ?? false;
    this.detail = data?.detail ?? {};
  }
}
