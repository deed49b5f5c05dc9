/** An editor over a line in memory: speaks LSP to the door as any client does, and answers what the server asks. */
import { SondeError } from '../../server/src/core/errors.ts';
import type { EditorEngine } from '../../server/src/editor/services.ts';
import { lspDoor } from '../../server/src/lsp/door.ts';
import { SILENT } from './line.ts';

export interface EditorClient {
  request<R = unknown>(method: string, params: object): Promise<R>;
  notify(method: string, params: object): void;
  /** Notifications that came, in order. */
  readonly notifications: { readonly method: string; readonly params: unknown }[];
  /** Requests of the server that came, in order. */
  readonly asked: { readonly method: string; readonly params: unknown }[];
  /** Opens a document under a URI. */
  open(uri: string, text: string, languageId?: string): void;
  change(uri: string, version: number, range: object | undefined, text: string): void;
  /** Cancels a request that was sent as the `n`th. */
  cancel(id: number): void;
  closedWith(): string | null;
  hangUp(): void;
  /** Sends a frame as it is, and gives what comes back next. */
  raw(frame: string | Uint8Array): void;
  readonly out: Message[];
}

interface Message {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly kind: string } };
}

export interface EditorClientOptions {
  readonly capabilities?: object;
  readonly settings?: object;
  readonly folders?: readonly string[];
  /** Answers of the client's side by method. */
  readonly answers?: Readonly<Record<string, (params: never) => unknown>>;
  readonly locate?: (name: string) => string;
  /** False leaves `initialize` to the test. */
  readonly greet?: boolean;
}

/** What a full editor can do. */
export const CAPABILITIES = {
  workspace: {
    configuration: false,
    inlayHint: { refreshSupport: true },
    codeLens: { refreshSupport: true },
    textDocumentContent: {},
    workspaceEdit: { documentChanges: true, resourceOperations: ['create'] },
    didChangeWatchedFiles: { dynamicRegistration: true },
  },
  textDocument: {
    definition: { linkSupport: true },
    inlayHint: { resolveSupport: { properties: ['tooltip', 'label.tooltip'] } },
  },
  experimental: { sonde: { workspaceFiles: true, commands: true, changes: true } },
};

const NO_FILES: Readonly<Record<string, () => unknown>> = {
  'sonde/workspace/list': () => ({ files: [], truncated: false }),
  'sonde/workspace/read': () => ({ text: null, truncated: false }),
};

/** Connects an editor. */
export async function editorClient(engine: EditorEngine, options: EditorClientOptions = {}): Promise<EditorClient> {
  const { capabilities = CAPABILITIES, folders = [], settings = {}, answers = {} } = options;
  const locate =
    options.locate ??
    ((name: string) => {
      throw new SondeError('file-not-found', `nothing is located here: ${name}`);
    });
  const door = lspDoor({ version: '0', engine, log: SILENT, locate });
  const waiting = new Map<number, { resolve(value: never): void; reject(error: unknown): void }>();
  const notifications: EditorClient['notifications'] = [];
  const asked: EditorClient['asked'] = [];
  const out: Message[] = [];
  let closedWith: string | null = null;
  let next = 1;

  const receiver = door({
    send(frame) {
      const message = JSON.parse(frame as string) as Message;
      out.push(message);
      if (message.method !== undefined && message.id !== undefined) return answer(message);
      if (message.method !== undefined) {
        notifications.push({ method: message.method, params: message.params });
        return;
      }
      const entry = waiting.get(message.id as number);
      waiting.delete(message.id as number);
      if (message.error) entry?.reject(Object.assign(new Error(message.error.message), message.error));
      else entry?.resolve(message.result as never);
    },
    close(reason) {
      closedWith = reason;
    },
  });

  function send(message: object): void {
    receiver.frame(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  function answer({ id, method, params }: Message): void {
    asked.push({ method: method!, params });
    const result = (answers[method!] ?? NO_FILES[method!])?.(params as never) ?? null;
    // An answer may be a promise, and never come.
    void Promise.resolve(result).then((value) => setImmediate(() => send({ id, result: value })));
  }

  const client: EditorClient = {
    request(method, params) {
      const id = next++;
      const settled = new Promise<never>((resolve, reject) => waiting.set(id, { resolve, reject }));
      send({ id, method, params });
      return settled;
    },
    notify: (method, params) => send({ method, params }),
    notifications,
    asked,
    open(uri, text, languageId = 'sonde-prompt') {
      send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId, version: 1, text } } });
    },
    change(uri, version, range, text) {
      const contentChanges = [range ? { range, text } : { text }];
      send({ method: 'textDocument/didChange', params: { textDocument: { uri, version }, contentChanges } });
    },
    cancel: (id) => send({ method: '$/cancelRequest', params: { id } }),
    closedWith: () => closedWith,
    hangUp: () => receiver.closed('test'),
    raw: (frame) => receiver.frame(frame),
    out,
  };
  if (options.greet !== false) {
    await client.request('initialize', {
      processId: null,
      rootUri: null,
      capabilities,
      initializationOptions: { settings },
      workspaceFolders: folders.map((uri) => ({ uri, name: uri })),
    });
    client.notify('initialized', {});
  }
  return client;
}
