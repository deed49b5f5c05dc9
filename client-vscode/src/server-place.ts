/** Where the server lies and how it is run: by the editor's own Node, so that nothing else need be installed. */
import { type ExtensionContext, ExtensionMode, Uri } from 'vscode';
import type { Executable } from 'vscode-languageclient/node';

/** What the relay is told beside its name. */
export interface RelayOptions {
  readonly args: readonly string[];
  /** Secrets go here: a command line is seen by every process of the machine. */
  readonly env: Readonly<Record<string, string>>;
}

/** The command that relays the editor to the daemon and starts it if none runs. */
export function relayCommand(
  { extensionUri, extensionMode }: ExtensionContext,
  { args, env }: RelayOptions,
): Executable {
  // The package carries the server; in a checkout it is the neighbour.
  const server = Uri.joinPath(extensionUri, extensionMode === ExtensionMode.Development ? '../server' : 'server');
  const main = Uri.joinPath(server, 'dist', 'main.js').fsPath;
  return {
    command: process.execPath,
    args: [main, 'lsp', '--stdio', ...args],
    // The desktop editor's own executable is Node only when told so; the daemon and its child inherit this.
    options: { env: { ...process.env, ...env, ELECTRON_RUN_AS_NODE: '1' } },
  };
}
