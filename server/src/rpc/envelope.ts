/** The JSON-RPC envelope: what kind of message a decoded frame is. Source: JSON-RPC 2.0, sections 4 and 5. */
import { requestId, streamTokens } from '@sonde/protocol';

export type RequestId = string | number;

export type Envelope =
  | { readonly kind: 'request'; readonly id: RequestId; readonly method: string; readonly params: object }
  | { readonly kind: 'notification'; readonly method: string; readonly params: object }
  /** `id` where it could be read, else null: the answer carries it. */
  | { readonly kind: 'invalid'; readonly id: RequestId | null; readonly problem: string };

/** Where a request wants its reports and partial results. */
export interface StreamTokens {
  readonly workDoneToken?: RequestId | undefined;
  readonly partialResultToken?: RequestId | undefined;
}

/** Reads the envelope; parameters are checked later, by the method's own schema. */
export function readEnvelope(message: unknown): Envelope {
  if (Array.isArray(message)) return invalid(null, 'a batch; send requests one by one, they run side by side anyway');
  if (!isObject(message)) return invalid(null, `${message === null ? 'null' : typeof message} instead of an object`);
  const { jsonrpc, id, method, params = {} } = message;
  const known = requestId.safeParse(id);
  const answerTo = known.success ? known.data : null;
  if (jsonrpc !== '2.0') return invalid(answerTo, 'no `"jsonrpc": "2.0"`');
  if (typeof method !== 'string') return invalid(answerTo, 'no method name');
  if (!isObject(params)) return invalid(answerTo, 'params that are not an object; parameters go by name');
  if (id === undefined) return { kind: 'notification', method, params };
  if (!known.success) return invalid(null, 'an id that is neither a text of at most 256 units nor a whole number');
  return { kind: 'request', id: known.data, method, params };
}

/** Splits the stream tokens from a request's own parameters; null where a token is malformed. */
export function splitTokens(params: object): { own: object; tokens: StreamTokens } | null {
  const { workDoneToken, partialResultToken, ...own } = params as Record<string, unknown>;
  const tokens = streamTokens.safeParse({ workDoneToken, partialResultToken });
  return tokens.success ? { own, tokens: tokens.data } : null;
}

function invalid(id: RequestId | null, problem: string): Envelope {
  return { kind: 'invalid', id, problem };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
