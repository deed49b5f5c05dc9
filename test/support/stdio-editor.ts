/** An editor as a plain LSP client over the pipes of `sonde lsp --stdio`, of the library that other editors' clients are made of. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  createMessageConnection,
  type InitializeParams,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { eventually, MAIN } from './daemon.ts';

export interface StdioEditor {
  readonly connection: MessageConnection;
  readonly process: ChildProcess;
  /** Notifications of the server, in order. */
  readonly notifications: { readonly method: string; readonly params: unknown }[];
  /** Settles with the exit code. */
  readonly ended: Promise<number | null>;
  stderr(): string;
  stdout(): string;
  open(uri: string, text: string, languageId?: string): void;
  /** Asks until `holds` takes the answer. */
  until<R>(method: string, params: object, holds: (answer: R) => boolean): Promise<R>;
}

/** Starts the relay; nothing is said yet. */
export function spawnEditor(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = ['lsp', '--stdio'],
): StdioEditor {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...environment }, stdio: 'pipe' });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  // A relay that has gone breaks the pipe.
  child.stdin.on('error', () => undefined);
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const notifications: StdioEditor['notifications'] = [];
  connection.onNotification((method, params) => void notifications.push({ method, params }));
  connection.onError(() => undefined);
  connection.listen();
  return {
    connection,
    process: child,
    notifications,
    ended: once(child, 'close').then(([code]) => code as number | null),
    stderr: () => output.stderr,
    stdout: () => output.stdout,
    open(uri, text, languageId = 'prompt') {
      const textDocument = { uri, languageId, version: 1, text };
      void connection.sendNotification('textDocument/didOpen', { textDocument });
    },
    async until<R>(method: string, params: object, holds: (answer: R) => boolean) {
      let answer!: R;
      await eventually(`an answer to ${method}`, async () => {
        answer = await connection.sendRequest<R>(method, params);
        return holds(answer);
      });
      return answer;
    },
  };
}

/** Says hello as an editor without virtual documents does, and with unlabelled hints. */
export async function greet(
  { connection }: StdioEditor,
  folder: string | null,
  settings: object = {},
  capabilities: InitializeParams['capabilities'] = {},
): Promise<{ readonly capabilities: object; readonly serverInfo: { readonly version: string } }> {
  const answer = await connection.sendRequest<Awaited<ReturnType<typeof greet>>>('initialize', {
    processId: process.pid,
    rootUri: folder,
    capabilities: { textDocument: { inlayHint: {}, definition: { linkSupport: true } }, ...capabilities },
    initializationOptions: { settings: { unlabelled: true, density: 'dense', ...settings } },
    workspaceFolders: folder === null ? null : [{ uri: folder, name: 'test' }],
  });
  await connection.sendNotification('initialized', {});
  return answer;
}
