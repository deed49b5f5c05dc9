/** An editor as the daemon sees one: LSP over a WebSocket, hints of the lines on screen, a refresh when some were late. */
import { isDeepStrictEqual } from 'node:util';
import { WebSocket } from 'ws';

export interface Place {
  readonly line: number;
  readonly character: number;
}

export interface BenchEditor {
  request<R = unknown>(method: string, params: object): Promise<R>;
  /** The same, and its id, to cancel it by. */
  begin(method: string, params: object): { readonly id: number; readonly answer: Promise<unknown> };
  cancel(id: number): void;
  open(uri: string, text: string): void;
  close(uri: string): void;
  /** Types at a place. */
  type(uri: string, version: number, at: Place, text: string): void;
  /** Asks for the hints of VISIBLE lines from `first` on; milliseconds until they are there. */
  hints(uri: string, first: number): Promise<{ readonly ms: number; readonly found: readonly unknown[] }>;
  /** Milliseconds until the hints of these lines are complete, refreshes awaited. */
  complete(
    uri: string,
    first: number,
  ): Promise<{ readonly ms: number; readonly first: number; readonly count: number }>;
  end(): void;
}

/** Lines on screen. */
export const VISIBLE = 50;

/** An answer that took the server's patience holds hints of an older text; one that came well before it is complete. */
const PATIENCE = 190;
const RETRY = 500;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export async function connectEditor(url: string, token: string): Promise<BenchEditor> {
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` }, maxPayload: 2 ** 30 });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let next = 1;
  let refreshes: (() => void)[] = [];

  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.method !== undefined) {
      if (message.id !== undefined) send({ id: message.id, result: null });
      if (message.method !== 'workspace/inlayHint/refresh') return;
      const waiters = refreshes;
      refreshes = [];
      for (const resume of waiters) resume();
      return;
    }
    const entry = waiting.get(message.id!);
    waiting.delete(message.id!);
    if (message.error) entry?.reject(new Error(message.error.message));
    else entry?.resolve(message.result);
  });
  socket.on('close', (code, reason) => {
    for (const { reject } of waiting.values()) reject(new Error(`The line was closed: ${code} ${reason}`));
  });

  function send(message: object): void {
    socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  function begin(method: string, params: object): { id: number; answer: Promise<unknown> } {
    const id = next++;
    const answer = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
    send({ id, method, params });
    return { id, answer };
  }

  async function hints(uri: string, first: number): Promise<{ ms: number; found: readonly unknown[] }> {
    const start = performance.now();
    const range = { start: { line: first, character: 0 }, end: { line: first + VISIBLE, character: 0 } };
    const found = await begin('textDocument/inlayHint', { textDocument: { uri }, range }).answer;
    return { ms: performance.now() - start, found: found as unknown[] };
  }

  const nextRefresh = (): Promise<void> => new Promise((resolve) => refreshes.push(resolve));

  const editor: BenchEditor = {
    request: <R>(method: string, params: object) => begin(method, params).answer as Promise<R>,
    begin,
    cancel: (id) => send({ method: '$/cancelRequest', params: { id } }),
    open(uri, text) {
      send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: '', version: 1, text } } });
    },
    close: (uri) => send({ method: 'textDocument/didClose', params: { textDocument: { uri } } }),
    type(uri, version, at, text) {
      const contentChanges = [{ range: { start: at, end: at }, text }];
      send({ method: 'textDocument/didChange', params: { textDocument: { uri, version }, contentChanges } });
    },
    hints,
    async complete(uri, line) {
      const start = performance.now();
      let refreshed = nextRefresh();
      let { ms, found } = await hints(uri, line);
      const first = ms;
      let at = performance.now();
      while (ms >= PATIENCE) {
        // On a busy machine complete hints may come late too; then no refresh follows.
        await Promise.race([refreshed, new Promise((resolve) => setTimeout(resolve, RETRY))]);
        refreshed = nextRefresh();
        const again = await hints(uri, line);
        if (isDeepStrictEqual(again.found, found)) break;
        at = performance.now();
        ({ ms, found } = again);
      }
      return { ms: at - start, first, count: found.length };
    },
    end: () => socket.close(),
  };
  await editor.request('initialize', {
    processId: null,
    rootUri: null,
    capabilities: {
      workspace: { inlayHint: { refreshSupport: true } },
      // As VS Code does.
      textDocument: { inlayHint: { resolveSupport: { properties: ['tooltip', 'label.tooltip', 'label.location'] } } },
    },
    initializationOptions: { settings: { unlabelled: true } },
  });
  send({ method: 'initialized', params: {} });
  return editor;
}
