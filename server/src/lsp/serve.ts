/** One client's life: what it can do is read at `initialize`; every request is registered then. */
import type { Connection, InitializeParams, InitializeResult } from 'vscode-languageserver';
import { TextDocumentSyncKind } from 'vscode-languageserver';
import { createSession } from '../editor/session.ts';
import { changeNotices } from './changes.ts';
import { clientFacts } from './client.ts';
import { registerCodeActions, SERVER_COMMANDS } from './code-actions.ts';
import { registerCodeLenses } from './code-lenses.ts';
import { registerCompletion } from './completion.ts';
import { registerConfiguration } from './configuration.ts';
import { registerContent } from './content.ts';
import { registerDefinition } from './definition.ts';
import { diagnoser } from './diagnostics.ts';
import { registerDocuments } from './documents.ts';
import type { DoorOptions } from './door-options.ts';
import { registerEditorRequests } from './editor-requests.ts';
import { FEATURE_SCHEME } from './feature-uri.ts';
import { registerFolding } from './folding.ts';
import { registerHighlight } from './highlight.ts';
import { registerHover } from './hover.ts';
import { registerInlayHints } from './inlay-hints.ts';
import type { LspSession } from './lsp-session.ts';
import { registerReferences } from './references.ts';
import { registerRename } from './rename.ts';
import { registerSemanticTokens, SEMANTIC_LEGEND } from './semantic-tokens.ts';
import { workspaceFiles } from './workspace-files.ts';
import { registerWorkspaceFolders } from './workspace-folders.ts';
import { registerWorkspaceSymbol } from './workspace-symbol.ts';

/** Registers everything on a connection that does not listen yet. */
export function serve(connection: Connection, options: DoorOptions): { dispose(): void } {
  const ends: (() => void)[] = [];
  connection.onInitialize((params) => {
    const session = open(connection, options, params, ends);
    for (const register of REQUESTS) register(session);
    return initializeResult(session);
  });
  connection.onShutdown(() => undefined);
  return {
    dispose() {
      for (const end of ends.splice(0)) end();
    },
  };
}

const REQUESTS: readonly ((session: LspSession) => void)[] = [
  registerDocuments,
  registerWorkspaceFolders,
  registerConfiguration,
  registerInlayHints,
  registerHover,
  registerHighlight,
  registerDefinition,
  registerReferences,
  registerRename,
  registerWorkspaceSymbol,
  registerSemanticTokens,
  registerFolding,
  registerCompletion,
  registerCodeLenses,
  registerCodeActions,
  registerContent,
  registerEditorRequests,
];

function open(
  connection: Connection,
  { engine, locate, log, version }: DoorOptions,
  params: InitializeParams,
  ends: (() => void)[],
): LspSession {
  const client = clientFacts(params);
  const changes = changeNotices(connection, client);
  const files = client.workspaceFiles ? workspaceFiles(connection) : null;
  let { folders } = client;
  const services = { engine, locate, files, folders: () => folders, changed: changes.tell };
  const editor = createSession(services, client.settings);
  const diagnostics = diagnoser(connection, editor, client, log);
  const end = new AbortController();
  ends.push(changes.dispose, diagnostics.dispose, () => end.abort());
  const setFolders = (next: readonly string[]): void => {
    folders = next;
  };
  return { connection, log, version, client, editor, diagnostics, setFolders, ended: end.signal };
}

function initializeResult({ client, version }: LspSession): InitializeResult {
  return {
    serverInfo: { name: 'sonde', version },
    capabilities: {
      positionEncoding: 'utf-16',
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: { includeText: false } },
      inlayHintProvider: { resolveProvider: true },
      hoverProvider: true,
      documentHighlightProvider: true,
      definitionProvider: true,
      referencesProvider: { workDoneProgress: true },
      renameProvider: { prepareProvider: true },
      workspaceSymbolProvider: true,
      foldingRangeProvider: true,
      documentSymbolProvider: true,
      completionProvider: { triggerCharacters: [':', '-', '[', ','] },
      codeLensProvider: { resolveProvider: true },
      codeActionProvider: true,
      executeCommandProvider: { commands: [...SERVER_COMMANDS] },
      // Decorations show the same better.
      ...(client.decorations
        ? {}
        : { semanticTokensProvider: { legend: SEMANTIC_LEGEND, range: true, full: { delta: false } } }),
      workspace: {
        workspaceFolders: { supported: true, changeNotifications: true },
        ...(client.virtualDocuments ? { textDocumentContent: { schemes: [FEATURE_SCHEME] } } : {}),
      },
    },
  };
}
