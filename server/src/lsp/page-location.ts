/** Where a feature's page lies for a client: a virtual document, or a file in its own side's cache. */
import { type EditorResult, workspacePage } from '@sonde/protocol';
import type { Location } from 'vscode-languageserver';
import { pageOf } from '../editor/page.ts';
import { featureMarkdown } from './feature-markdown.ts';
import { type FeatureAddress, featureFile, featureUri } from './feature-uri.ts';
import type { LspSession } from './lsp-session.ts';

const BEGIN = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

/** Null where the client has neither. */
export async function pageLocation(session: LspSession, feature: FeatureAddress): Promise<Location | null> {
  const { client, connection, editor } = session;
  if (client.virtualDocuments) return { uri: featureUri(feature), range: BEGIN };
  if (!client.workspaceFiles) return null;
  const text = featureMarkdown(await pageOf(editor, feature.model, feature));
  const params = { name: featureFile(feature), text };
  const { uri } = await connection.sendRequest<EditorResult<'sonde/workspace/page'>>(workspacePage.name, params);
  return { uri, range: BEGIN };
}
