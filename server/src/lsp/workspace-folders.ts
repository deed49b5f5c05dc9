/** Folders that join or leave the workspace while the session lives. */
import { DidChangeWorkspaceFoldersNotification } from 'vscode-languageserver';
import { refreshLabels } from '../editor/relabel.ts';
import { folderUri } from './client.ts';
import { noticing } from './errors.ts';
import type { LspSession } from './lsp-session.ts';

export function registerWorkspaceFolders({ connection, editor, log, setFolders }: LspSession): void {
  connection.onNotification(
    DidChangeWorkspaceFoldersNotification.type,
    noticing(log, 'workspace/didChangeWorkspaceFolders', ({ event: { added, removed } }) => {
      const gone = new Set(removed.map(folderUri));
      const kept = editor.services.folders().filter((folder) => !gone.has(folder));
      setFolders([...kept, ...added.map(folderUri)]);
      refreshLabels(editor).catch((err) => log.warn({ err }, 'the labels cannot be read'));
    }),
  );
}
