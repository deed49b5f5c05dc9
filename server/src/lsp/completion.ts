/** `textDocument/completion` in front matter. */
import { CompletionItemKind } from 'vscode-languageserver';
import { completionsAt } from '../editor/completion.ts';
import { answering } from './errors.ts';
import type { LspSession } from './lsp-session.ts';

export function registerCompletion({ connection, editor, log }: LspSession): void {
  connection.onCompletion(
    answering(log, 'textDocument/completion', async ({ textDocument: { uri }, position }) => {
      const completions = await completionsAt(editor, uri, position);
      return completions.map(({ label, detail, documentation, insert, kind, range }) => ({
        label,
        detail,
        documentation,
        kind: kind === 'key' ? CompletionItemKind.Property : CompletionItemKind.Value,
        filterText: label,
        textEdit: { range, newText: insert },
      }));
    }),
  );
}
