/** `workspace/symbol`: features by label, number, or the token that they raise. */
import { type SymbolInformation, SymbolKind } from 'vscode-languageserver';
import { findFeatures } from '../editor/symbols.ts';
import { answering } from './errors.ts';
import { featureUri } from './feature-uri.ts';
import type { LspSession } from './lsp-session.ts';
import { pageLocation } from './page-location.ts';
import { signalOf } from './signal.ts';

/** Pages that are written as files for one search, where the client has no virtual documents. */
const FILES = 20;

export function registerWorkspaceSymbol(session: LspSession): void {
  const { connection, editor, client, log } = session;
  connection.onWorkspaceSymbol(
    answering(log, 'workspace/symbol', async ({ query }, token) => {
      const hits = await findFeatures(editor, query, signalOf(token));
      const shown = client.virtualDocuments ? hits : hits.slice(0, FILES);
      const symbols: SymbolInformation[] = [];
      for (const { model, dictionary, index, label, by } of shown) {
        const location = await pageLocation(session, { model, dictionary, index });
        symbols.push({
          name: label ?? `#${index}`,
          kind: by === 'name' ? SymbolKind.Constant : SymbolKind.Event,
          containerName: `${dictionary} #${index}${by === 'token' ? `, raises “${query.trim()}”` : ''}`,
          location: location ?? {
            uri: featureUri({ model, dictionary, index }),
            range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
          },
        });
      }
      return symbols;
    }),
  );
}
