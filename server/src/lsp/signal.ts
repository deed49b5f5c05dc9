/** An AbortSignal that fires with a request's cancellation. */
import type { CancellationToken } from 'vscode-languageserver';

export function signalOf(token: CancellationToken): AbortSignal {
  const abort = new AbortController();
  if (token.isCancellationRequested) abort.abort();
  else token.onCancellationRequested(() => abort.abort());
  return abort.signal;
}
