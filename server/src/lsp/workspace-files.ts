/** Files of the workspace, asked for on the client's side. */
import { type EditorResult, workspaceList, workspaceRead } from '@sonde/protocol';
import type { Connection } from 'vscode-languageserver';
import { SondeError } from '../core/errors.ts';
import type { WorkspaceFiles } from '../editor/services.ts';

/** @throws file-not-found where the client's side does not answer as it said it would. */
export function workspaceFiles(connection: Connection): WorkspaceFiles {
  return {
    list: async (limit) =>
      told('its files', workspaceList.result, () => connection.sendRequest<Listed>(workspaceList.name, { limit })),
    read: async (uri, limit) =>
      told(uri, workspaceRead.result, () => connection.sendRequest<Read>(workspaceRead.name, { uri, limit })),
  };
}

type Listed = EditorResult<'sonde/workspace/list'>;
type Read = EditorResult<'sonde/workspace/read'>;

async function told<T>(what: string, schema: { parse(value: unknown): T }, ask: () => Promise<unknown>): Promise<T> {
  try {
    return schema.parse(await ask());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SondeError(
      'file-not-found',
      `The editor’s side does not tell ${what}: ${reason}`,
      { found: what },
      cause,
    );
  }
}
