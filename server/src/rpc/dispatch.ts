/** From a method's name and raw parameters to its handler's result: look-up, schema check, call. */
import type { CheckedParams, PartialResult, RequestName, Result, WireError } from '@sonde/protocol';
import { isRequestName, METHODS, wireError } from '@sonde/protocol';
import { nearest, SondeError } from '../core/errors.ts';
import type { OnProgress } from '../engine/results.ts';

/** What a handler has besides its parameters. */
export interface RequestContext<N extends RequestName = RequestName> {
  readonly signal: AbortSignal;
  /** Reports how far the work is; does nothing where the client did not ask. */
  readonly progress: OnProgress;
  /** Sends one partial result and waits while the client is slow; null where the client wants the result whole. */
  readonly partial: ((value: PartialResult<N>) => Promise<void>) | null;
}

export type Handler<N extends RequestName> = (
  params: CheckedParams<N>,
  context: RequestContext<N>,
) => Result<N> | Promise<Result<N>>;

/** Handlers by request name; an absent one is a request that this daemon does not offer. */
export type Handlers = { readonly [N in RequestName]?: Handler<N> };

/** Names that are offered, in the order of the protocol. */
export function offered(handlers: Handlers): RequestName[] {
  return [...METHODS.keys()].filter((name): name is RequestName => isRequestName(name) && handlers[name] !== undefined);
}

/** A request after look-up and schema check. */
export type Prepared = { readonly run: (context: RequestContext) => Promise<unknown> } | { readonly error: WireError };

/** Looks a request up and checks its parameters; the error names the field that is wrong. */
export function prepare(handlers: Handlers, method: string, params: object): Prepared {
  const handler = isRequestName(method) ? handlers[method] : undefined;
  const declaration = METHODS.get(method);
  if (!handler || !declaration) {
    const near = nearest(method.slice(0, 100), offered(handlers), 3);
    const message = `There is no request "${method.slice(0, 100)}" here; the nearest are ${near.join(', ')}.`;
    return { error: wireError('unknown-method', message, { expected: near }) };
  }
  // A misspelt option would be ignored otherwise, and the result be another than was asked for.
  const checked = declaration.params.strict().safeParse(params);
  if (checked.success) {
    const call = handler as (params: unknown, context: RequestContext) => unknown;
    return { run: async (context) => call(checked.data, context) };
  }
  const problems = checked.error.issues.map(({ path, message }) => ({ path: path.map(String), message }));
  const [first] = problems;
  const where = first && first.path.length > 0 ? `params.${first.path.join('.')}` : 'params';
  return { error: wireError('invalid-params', `${method}: ${where}: ${first?.message}.`, { method, problems }) };
}

/** The wire form of anything thrown; an unforeseen error is a fault whose detail stays in the log. */
export function errorToWire(error: unknown): WireError {
  if (!(error instanceof SondeError)) return wireError('fault', 'An internal error; the log of the daemon has it.');
  return wireError(error.kind, error.message, plain(error.data));
}

/** Error data as JSON would carry it, so that no codec can fail on it. */
function plain(data: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(data, (_, value) => (typeof value === 'bigint' ? value.toString() : value)));
}
