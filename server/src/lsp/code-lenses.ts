/** `textDocument/codeLens`: above each prompt its length and what is not explained of it. */
import type { CodeLens, Range } from 'vscode-languageserver';
import { lensesOf, lensText } from '../editor/lenses.ts';
import { answering } from './errors.ts';
import type { LspSession } from './lsp-session.ts';
import { signalOf } from './signal.ts';

interface LensData {
  readonly uri: string;
  readonly range: Range;
}

export function registerCodeLenses({ connection, editor, client, log }: LspSession): void {
  connection.onCodeLens(
    answering(log, 'textDocument/codeLens', ({ textDocument: { uri } }) =>
      lensesOf(editor, uri).flatMap(({ range, next }): CodeLens[] => {
        const at = { start: range.start, end: range.start };
        const about: CodeLens = { range: at, data: { uri, range } satisfies LensData };
        if (!next || !client.commands) return [about];
        const places = { before: { uri, position: range.start }, after: { uri, position: next.start } };
        return [
          about,
          { range: at, command: { title: 'Compare with next', command: 'sonde.comparePrompts', arguments: [places] } },
        ];
      }),
    ),
  );
  connection.onCodeLensResolve(
    answering(log, 'codeLens/resolve', async (lens, token) => {
      const { uri, range } = lens.data as LensData;
      const title = await lensText(editor, uri, range, signalOf(token)).catch(() => null);
      return { ...lens, command: { title: title ?? 'not traced', command: '' } };
    }),
  );
}
