/** Makes one connection: the language client over the relay process, and how it ended. */
import { type ExtensionContext, type LogOutputChannel, workspace } from 'vscode';
import {
  CloseAction,
  ErrorAction,
  type InitializeParams,
  LanguageClient,
  type LanguageClientOptions,
  type ServerCapabilities,
  type StaticFeature,
} from 'vscode-languageclient/node';
import { LINK_COMMANDS } from '../commands/names.ts';
import { relayCommand } from '../server-place.ts';
import { readSettings, relayOptions } from '../settings/settings.ts';
import { documentSelector, schemesOf } from './documents.ts';
import { failureOf } from './failure.ts';
import type { KeptHints } from './kept-hints.ts';
import type { Connected, Failure } from './supervise.ts';
import { answerForFiles, needsFiles } from './workspace-files.ts';

export interface OpenClient extends Connected {
  readonly client: LanguageClient;
}

/** What the relay wrote last, for messages; all of it is in the log. */
const STDERR_CHARACTERS = 4000;
/** The relay's exit follows the end of its stream. */
const EXIT_MILLISECONDS = 1000;

/** Connects. Rejects with a {@link Failure}; shows nothing by itself. */
export async function openClient(
  context: ExtensionContext,
  log: LogOutputChannel,
  hints: KeptHints,
): Promise<OpenClient> {
  const daemon = await relayOptions(context);
  let stderr = '';
  let refusal: string | undefined;
  let client: QuietClient;
  let end: (failure: Failure) => void;
  const ended = new Promise<Failure>((resolve) => {
    end = resolve;
  });

  const remains = async (): Promise<Failure> => {
    // Without this pause the client forgets the promise of its start before that is rejected.
    const code = await exitCode(client);
    return failureOf({ code, stderr, error: refusal });
  };
  const options: LanguageClientOptions = {
    documentSelector: documentSelector(schemesOf(workspace.workspaceFolders ?? [])),
    synchronize: { configurationSection: 'sonde' },
    initializationOptions: () => readSettings(),
    outputChannel: log,
    middleware: hints.middleware,
    markdown: { isTrusted: { enabledCommands: LINK_COMMANDS }, supportThemeIcons: false },
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      async closed() {
        end(await remains());
        return { action: CloseAction.DoNotRestart, handled: true, message: 'The connection has ended.' };
      },
    },
    initializationFailedHandler(error: unknown) {
      refusal = error instanceof Error ? error.message : String(error);
      return false;
    },
    stdioOptions: {
      stdout: () => {},
      stderr(input) {
        input.on('data', (data: unknown) => {
          const text = String(data);
          stderr = (stderr + text).slice(-STDERR_CHARACTERS);
          log.warn(text.trimEnd());
        });
      },
    },
  };
  client = new QuietClient('sonde', 'Sonde', relayCommand(context, daemon), options);
  const virtual = needsFiles(workspace.workspaceFolders ?? []);
  client.registerFeature(ownCapabilities({ workspaceFiles: virtual }));
  if (virtual) answerForFiles(client);
  hints.follow(client);
  try {
    await client.start();
    if (!client.isRunning()) throw await remains();
    return { client, ended, end: () => client.serverProcess?.kill() };
  } catch (error) {
    const failure = isFailure(error) ? error : await remains();
    client.serverProcess?.kill();
    void client.dispose().catch(() => {});
    throw failure;
  }
}

/** The client tells its troubles by notifications, one for each attempt; here they go to the log alone. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  /** The library rejects where there is nothing to stop, and nobody hears that. */
  override async stop(timeout?: number): Promise<void> {
    if (this.isRunning()) await super.stop(timeout);
  }
}

/** Tells the server what this client does itself; with `workspaceFiles` it reads files in place of the relay. */
function ownCapabilities({ workspaceFiles }: { readonly workspaceFiles: boolean }): StaticFeature {
  const sonde = { commands: true, decorations: true, changes: true, ...(workspaceFiles ? { workspaceFiles } : {}) };
  return {
    fillClientCapabilities(capabilities: InitializeParams['capabilities']) {
      capabilities.experimental = { ...(capabilities.experimental as object), sonde };
    },
    initialize(_: ServerCapabilities) {},
    getState: () => ({ kind: 'static' }),
    clear() {},
  };
}

function exitCode({ serverProcess }: LanguageClient): Promise<number | null> {
  return new Promise((resolve) => {
    if (!serverProcess || serverProcess.exitCode !== null) {
      setTimeout(() => resolve(serverProcess?.exitCode ?? null), 0);
      return;
    }
    serverProcess.once('exit', (code) => setTimeout(() => resolve(code), 0));
    setTimeout(() => resolve(null), EXIT_MILLISECONDS);
  });
}

function isFailure(error: unknown): error is Failure {
  return typeof error === 'object' && error !== null && 'kind' in error;
}
