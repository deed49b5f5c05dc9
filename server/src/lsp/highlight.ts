/** `textDocument/documentHighlight`: the other tokens on which the feature of a place fires. */
import { DocumentHighlightKind } from 'vscode-languageserver';
import { highlightsAt } from '../editor/highlights.ts';
import { answering } from './errors.ts';
import type { LspSession } from './lsp-session.ts';
import { signalOf } from './signal.ts';

export function registerHighlight({ connection, editor, log }: LspSession): void {
  connection.onDocumentHighlight(
    answering(log, 'textDocument/documentHighlight', async ({ textDocument: { uri }, position }, token) => {
      const highlights = await highlightsAt(editor, uri, position, signalOf(token));
      return highlights.map(({ range }) => ({ range, kind: DocumentHighlightKind.Text }));
    }),
  );
}
