/** `textDocument/foldingRange` and `textDocument/documentSymbol`: prompts and rows. */
import { FoldingRangeKind, SymbolKind } from 'vscode-languageserver';
import { foldsOf, outlineOf } from '../editor/outline.ts';
import { answering } from './errors.ts';
import type { LspSession } from './lsp-session.ts';

export function registerFolding({ connection, editor, log }: LspSession): void {
  connection.onFoldingRanges(
    answering(log, 'textDocument/foldingRange', ({ textDocument: { uri } }) =>
      foldsOf(editor, uri).map(({ start, end }) => ({
        startLine: start.line,
        endLine: end.line,
        kind: FoldingRangeKind.Region,
      })),
    ),
  );
  connection.onDocumentSymbol(
    answering(log, 'textDocument/documentSymbol', ({ textDocument: { uri } }) => {
      if (!editor.documents.get(uri)) return null;
      const { units } = outlineOf(editor, uri, null);
      return units.map(({ title, range, preview }) => ({
        name: title,
        detail: preview,
        kind: SymbolKind.String,
        range,
        selectionRange: range,
      }));
    }),
  );
}
