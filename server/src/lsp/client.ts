/** What a client can do, read once from `initialize`. */
import { type EditorSettings, editorSettings } from '@sonde/protocol';
import type { InitializeParams } from 'vscode-languageserver';

export interface ClientFacts {
  /** Answers `sonde/workspace/…`: the extension, or the relay in front of any editor. */
  readonly workspaceFiles: boolean;
  /** Knows the commands `sonde.…` of the extension. */
  readonly commands: boolean;
  /** Paints heat itself, so that semantic tokens would repeat it. */
  readonly decorations: boolean;
  /** Understands `sonde/editor/changed`. */
  readonly changes: boolean;
  /** Shows virtual documents of a server. */
  readonly virtualDocuments: boolean;
  readonly inlayHints: boolean;
  /** Asks for a hint's links when it is pointed at, so that an answer need not carry them. */
  readonly resolvesHintLinks: boolean;
  /** Takes links for definitions; others get bare places. */
  readonly links: boolean;
  readonly refresh: { readonly hints: boolean; readonly lenses: boolean; readonly tokens: boolean };
  readonly configuration: boolean;
  /** Tells of changed settings when it is asked to; others may do so by themselves. */
  readonly registersConfiguration: boolean;
  readonly watchesFiles: boolean;
  readonly createsFiles: boolean;
  /** Folders of the workspace at the start, as URIs without a slash at the end. */
  readonly folders: readonly string[];
  readonly settings: EditorSettings;
}

export function clientFacts({
  capabilities,
  initializationOptions,
  workspaceFolders,
  rootUri,
}: InitializeParams): ClientFacts {
  const { workspace, textDocument, experimental } = capabilities;
  const own = asObject(asObject(experimental).sonde);
  const folders = workspaceFolders ?? (rootUri ? [{ uri: rootUri }] : []);
  return {
    workspaceFiles: own.workspaceFiles === true,
    commands: own.commands === true,
    decorations: own.decorations === true,
    changes: own.changes === true,
    virtualDocuments: workspace?.textDocumentContent !== undefined,
    inlayHints: textDocument?.inlayHint !== undefined,
    resolvesHintLinks: textDocument?.inlayHint?.resolveSupport?.properties.includes('label.location') === true,
    links: textDocument?.definition?.linkSupport === true,
    refresh: {
      hints: workspace?.inlayHint?.refreshSupport === true,
      lenses: workspace?.codeLens?.refreshSupport === true,
      tokens: workspace?.semanticTokens?.refreshSupport === true,
    },
    configuration: workspace?.configuration === true,
    registersConfiguration: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    watchesFiles: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    createsFiles: workspace?.workspaceEdit?.resourceOperations?.includes('create') === true,
    folders: folders.map(folderUri),
    settings: settingsOf(asObject(initializationOptions).settings ?? initializationOptions),
  };
}

/** A folder's URI without a slash at its end. */
export function folderUri({ uri }: { readonly uri: string }): string {
  return uri.replace(/\/$/, '');
}

/** Settings as a client sends them, field by field: one that is wrong takes its default, the others stand. */
export function settingsOf(value: unknown): EditorSettings {
  const given = asObject(asObject(value).sonde ?? value);
  const fields = Object.entries(editorSettings.shape).flatMap(([name, schema]) => {
    const parsed = schema.safeParse(given[name] ?? undefined);
    return parsed.success ? [[name, parsed.data] as const] : [];
  });
  return editorSettings.parse(Object.fromEntries(fields));
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
