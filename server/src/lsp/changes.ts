/** Tells a client, once for many changes, that what it shows should be asked for anew. */
import { editorChanged } from '@sonde/protocol';
import type { Connection } from 'vscode-languageserver';
import type { Changed } from '../editor/services.ts';
import type { ClientFacts } from './client.ts';

/** Milliseconds in which changes gather. */
const GATHER = 60;

export function changeNotices(
  connection: Connection,
  client: ClientFacts,
): { tell(what: readonly Changed[]): void; dispose(): void } {
  const waiting = new Set<Changed>();
  let timer: NodeJS.Timeout | null = null;
  // Work that outlives its client still tells of changes, and a connection that has ended throws.
  let disposed = false;
  // A client that has gone answers no more.
  const quietly = (request: Promise<unknown> | undefined): void => void request?.catch(() => undefined);

  function send(): void {
    timer = null;
    const what = [...waiting];
    waiting.clear();
    if (client.refresh.hints) quietly(connection.languages.inlayHint.refresh());
    if (client.refresh.lenses) quietly(connection.sendRequest('workspace/codeLens/refresh'));
    if (client.refresh.tokens && !client.decorations) quietly(connection.languages.semanticTokens.refresh());
    if (client.changes) quietly(connection.sendNotification(editorChanged.name, { what }));
  }

  return {
    tell(what) {
      if (disposed) return;
      for (const change of what) waiting.add(change);
      timer ??= setTimeout(send, GATHER);
    },
    dispose() {
      disposed = true;
      if (timer) clearTimeout(timer);
      timer = null;
    },
  };
}
