/** `textDocument/definition`: the pages of a token's strongest features, one link each. */
import type { Location, LocationLink } from 'vscode-languageserver';
import { topFeatures } from '../editor/highlights.ts';
import { answering } from './errors.ts';
import type { LspSession } from './lsp-session.ts';
import { pageLocation } from './page-location.ts';
import { signalOf } from './signal.ts';

/** Links of one answer. */
const COUNT = 5;

export function registerDefinition(session: LspSession): void {
  const { connection, editor, client, log } = session;
  connection.onDefinition(
    answering(log, 'textDocument/definition', async ({ textDocument: { uri }, position }, token) => {
      const found = await topFeatures(editor, uri, position, COUNT, signalOf(token));
      if (!found) return null;
      const locations: Location[] = [];
      for (const { dictionary, index } of found.features) {
        const location = await pageLocation(session, { model: found.model, dictionary, index });
        if (!location) continue;
        locations.push(location);
      }
      if (!client.links) return locations;
      return locations.map(
        ({ uri: targetUri, range }): LocationLink => ({
          originSelectionRange: found.range,
          targetUri,
          targetRange: range,
          targetSelectionRange: range,
        }),
      );
    }),
  );
}
