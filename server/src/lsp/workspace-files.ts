/** Files of the workspace, asked for on the client's side. */
import { type EditorResult, workspaceList, workspaceRead } from '@sonde/protocol';
import type { Connection } from 'vscode-languageserver';
import { SondeError, throwIfCancelled } from '../core/errors.ts';
import type { WorkspaceFiles } from '../editor/services.ts';

/** @throws file-not-found where the client's side does not answer as it said it would; cancelled. */
export function workspaceFiles(connection: Connection): WorkspaceFiles {
  return {
    list: (limit, signal) =>
      told('its files', workspaceList.result, signal, () =>
        connection.sendRequest<Listed>(workspaceList.name, { limit }),
      ),
    read: (uri, limit, signal) =>
      told(uri, workspaceRead.result, signal, () => connection.sendRequest<Read>(workspaceRead.name, { uri, limit })),
  };
}

type Listed = EditorResult<'sonde/workspace/list'>;
type Read = EditorResult<'sonde/workspace/read'>;

async function told<T>(
  what: string,
  schema: { parse(value: unknown): T },
  signal: AbortSignal | undefined,
  ask: () => Promise<unknown>,
): Promise<T> {
  throwIfCancelled(signal);
  try {
    return schema.parse(await unlessCancelled(ask(), signal));
  } catch (cause) {
    throwIfCancelled(signal);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SondeError(
      'file-not-found',
      `The editor’s side does not tell ${what}: ${reason}`,
      { found: what },
      cause,
    );
  }
}

/** A client may never answer; whoever gave up waits no longer. */
function unlessCancelled<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return answer;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('cancelled'));
    signal.addEventListener('abort', stop, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
