/** The VS Code extension's entry: starts the line to the daemon and shows how it is. */
import { type ExtensionContext, StatusBarAlignment, type StatusBarItem, window } from 'vscode';
import { LanguageClient, State } from 'vscode-languageclient/node';
import { relayCommand } from './server-place.ts';

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const status = window.createStatusBarItem('sonde.status', StatusBarAlignment.Right, 100);
  status.name = 'Sonde';
  context.subscriptions.push(status);
  show(status, State.Starting);
  status.show();

  client = new LanguageClient('sonde', 'Sonde', relayCommand(context), {
    documentSelector: [{ language: 'sonde-prompt' }, { language: 'jsonl' }],
  });
  context.subscriptions.push(client.onDidChangeState(({ newState }) => show(status, newState)));
  await client.start();
}

export async function deactivate(): Promise<void> {
  await client?.dispose();
}

function show(status: StatusBarItem, state: State): void {
  const icon = { [State.Running]: 'pulse', [State.Starting]: 'loading~spin' }[state as number] ?? 'debug-disconnect';
  const does = { [State.Running]: 'connected', [State.Starting]: 'connecting' }[state as number] ?? 'not connected';
  status.text = `$(${icon}) Sonde`;
  status.tooltip = `Sonde: ${does}`;
}
