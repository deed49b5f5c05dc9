/** Settings: asked for by section where the client has that, else taken from what it sends. */
import { DidChangeConfigurationNotification, DidChangeWatchedFilesNotification } from 'vscode-languageserver';
import { LABELS_PATH } from '../editor/labels.ts';
import { refreshLabels } from '../editor/relabel.ts';
import { settingsOf } from './client.ts';
import type { LspSession } from './lsp-session.ts';

const SECTION = 'sonde';

export function registerConfiguration({ connection, client, editor, log, diagnostics }: LspSession): void {
  async function refresh(sent: unknown): Promise<void> {
    const value = client.configuration ? await connection.workspace.getConfiguration(SECTION) : sent;
    editor.configure(settingsOf(value ?? {}));
    for (const { uri } of editor.documents.all()) diagnostics.refresh(uri);
  }
  const failed = (err: unknown): void => log.warn({ err }, 'the settings cannot be read');

  connection.onDidChangeConfiguration(({ settings }) => void refresh(settings).catch(failed));
  connection.onInitialized(() => {
    refreshLabels(editor).catch((err) => log.warn({ err }, 'the labels cannot be read'));
    if (client.watchesFiles) {
      const watchers = [{ globPattern: `**/${LABELS_PATH}` }];
      connection.client.register(DidChangeWatchedFilesNotification.type, { watchers }).catch(failed);
    }
    if (client.registersConfiguration) {
      connection.client.register(DidChangeConfigurationNotification.type, { section: SECTION }).catch(failed);
    }
    if (client.configuration) refresh(undefined).catch(failed);
  });
}
