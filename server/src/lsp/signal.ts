/** Signals that end a request's work. */
import { setMaxListeners } from 'node:events';
import type { CancellationToken } from 'vscode-languageserver';

/** A controller whose signal many texts of one request wait on; beyond ten listeners Node would suspect a leak. */
export function requestAbort(): AbortController {
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  return abort;
}

/** An AbortSignal that fires with a request's cancellation. */
export function signalOf(token: CancellationToken): AbortSignal {
  const abort = requestAbort();
  if (token.isCancellationRequested) abort.abort();
  else token.onCancellationRequested(() => abort.abort());
  return abort.signal;
}
