/** Documents opened, edited and closed. No model work happens here: typing waits for nothing. */
import type { Edit } from '../editor/documents.ts';
import { prepared } from '../editor/prepare.ts';
import { labelUris, refreshLabels } from '../editor/relabel.ts';
import { comparePositions, type Range } from '../prompt/lines.ts';
import { noticing } from './errors.ts';
import type { LspSession } from './lsp-session.ts';

export function registerDocuments({ connection, editor, log, diagnostics }: LspSession): void {
  const { documents, hintMemory, services } = editor;
  const isLabels = (uri: string): boolean => labelUris(services).includes(uri);
  const labelsChanged = (): void =>
    void refreshLabels(editor).catch((err) => log.warn({ err }, 'the labels cannot be read'));

  connection.onDidOpenTextDocument(
    noticing(log, 'textDocument/didOpen', ({ textDocument: { uri, languageId, version, text } }) => {
      documents.open(uri, languageId, version, text);
      void prepared(documents, uri);
      if (isLabels(uri)) labelsChanged();
      else diagnostics.refresh(uri);
    }),
  );
  connection.onDidChangeTextDocument(
    noticing(log, 'textDocument/didChange', ({ textDocument: { uri, version }, contentChanges }) => {
      const edits: Edit[] = contentChanges.map((change) =>
        'range' in change && change.range ? { range: ordered(change.range), text: change.text } : { text: change.text },
      );
      if (!documents.change(uri, version, edits)) return;
      if (isLabels(uri)) labelsChanged();
      else diagnostics.refresh(uri);
    }),
  );
  connection.onDidCloseTextDocument(
    noticing(log, 'textDocument/didClose', ({ textDocument: { uri } }) => {
      documents.close(uri);
      hintMemory.forget(uri);
      diagnostics.closed(uri);
      if (isLabels(uri)) labelsChanged();
    }),
  );
  connection.onDidSaveTextDocument(() => undefined);
  connection.onDidChangeWatchedFiles(
    noticing(log, 'workspace/didChangeWatchedFiles', ({ changes }) => {
      if (changes.some(({ uri }) => isLabels(uri))) labelsChanged();
    }),
  );
}

/** Some clients name the end of a selection first. */
function ordered({ start, end }: Range): Range {
  return comparePositions(start, end) <= 0 ? { start, end } : { start: end, end: start };
}
