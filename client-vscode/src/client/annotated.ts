/** Documents of any kind that a person annotates: the client follows them as if its selector had named them. */
import { Disposable, type TextDocument } from 'vscode';
import type { DynamicFeature, LanguageClient, ServerCapabilities } from 'vscode-languageclient/node';

/** What such a document has: its text is sent, and each answer that the server offers is asked for. */
const FEATURES: Readonly<Record<string, keyof ServerCapabilities>> = {
  'textDocument/didOpen': 'textDocumentSync',
  'textDocument/didChange': 'textDocumentSync',
  'textDocument/didClose': 'textDocumentSync',
  'textDocument/hover': 'hoverProvider',
  'textDocument/inlayHint': 'inlayHintProvider',
  'textDocument/documentHighlight': 'documentHighlightProvider',
  'textDocument/definition': 'definitionProvider',
  'textDocument/references': 'referencesProvider',
  'textDocument/rename': 'renameProvider',
  'textDocument/codeAction': 'codeActionProvider',
};

/** Follows `document` while `client` lives, or until what is returned is disposed: the server is told that it is closed. */
export function followDocument(client: LanguageClient, document: TextDocument): Disposable {
  const { scheme, path } = document.uri;
  // Patterns are globs: a path’s own brackets are no classes.
  const documentSelector = [{ scheme, language: document.languageId, pattern: path.replace(/[[\]{}*?]/g, '?') }];
  const capabilities: ServerCapabilities = client.initializeResult?.capabilities ?? {};
  const ends: (() => void)[] = [];
  for (const [method, capability] of Object.entries(FEATURES)) {
    const offered = capabilities[capability];
    if (!offered) continue;
    const feature = client.getFeature(method as 'textDocument/hover') as DynamicFeature<object> | undefined;
    const options = typeof offered === 'object' ? offered : {};
    const sync =
      capability === 'textDocumentSync'
        ? { syncKind: typeof offered === 'object' && 'change' in offered ? offered.change : offered }
        : {};
    const id = crypto.randomUUID();
    feature?.register({ id, registerOptions: { ...options, ...sync, documentSelector } });
    ends.push(() => feature?.unregister(id));
  }
  return new Disposable(() => {
    for (const end of ends) end();
  });
}
