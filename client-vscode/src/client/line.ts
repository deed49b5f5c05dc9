/** The extension's line to the server: one at a time, kept alive, with the messages that only Sonde has. */

import type { EditorParams, EditorRequestName, EditorResult } from '@sonde/protocol';
import {
  type CancellationToken,
  type Disposable,
  type Event,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
} from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { keepHints } from './kept-hints.ts';
import { openClient } from './open-client.ts';
import { type LineState, supervise } from './supervise.ts';

/** What may have become another: traces that are ready, labels, models; `line` after a new connection. */
export type Changed = 'traces' | 'labels' | 'models' | 'line';

export interface Line extends Disposable {
  readonly state: LineState;
  readonly onDidChangeState: Event<LineState>;
  /** Says that views should ask anew. */
  readonly onDidChange: Event<readonly Changed[]>;
  /** The client of the connection that stands. */
  readonly client: LanguageClient | undefined;
  /** Sends one of Sonde's own requests; rejects while there is no connection. */
  ask<N extends EditorRequestName>(
    name: N,
    params: EditorParams<N>,
    token?: CancellationToken,
  ): Promise<EditorResult<N>>;
  /** Connects at once if there is no connection; with `anew`, also if there is. */
  reconnect(anew?: boolean): Promise<void>;
  /** Ends the session in peace, and makes no other. */
  close(): Promise<void>;
}

/** Opens the line. `onReady` prepares each new connection before views hear of it. */
export function openLine(
  context: ExtensionContext,
  log: LogOutputChannel,
  onReady: (client: LanguageClient) => Promise<void>,
): Line {
  const states = new EventEmitter<LineState>();
  const changes = new EventEmitter<readonly Changed[]>();
  let state: LineState = { kind: 'starting' };
  let client: LanguageClient | undefined;
  const hints = keepHints();

  const supervisor = supervise(
    async () => {
      const opened = await openClient(context, log, hints);
      client = opened.client;
      opened.client.onNotification('sonde/editor/changed', ({ what }: { what: Changed[] }) => changes.fire(what));
      void opened.ended.then(() => {
        if (client === opened.client) client = undefined;
        // The client still counts itself as running in this turn, and would try to say goodbye.
        setTimeout(() => void opened.client.dispose().catch(() => {}), 0);
      });
      await onReady(opened.client).catch((error: Error) => log.warn(error.message));
      return opened;
    },
    (next) => {
      state = next;
      log.info(`line: ${next.kind}${'message' in next ? ` (${next.message})` : ''}`);
      states.fire(next);
      if (next.kind === 'ready') changes.fire(['line']);
    },
  );

  return {
    get state() {
      return state;
    },
    get client() {
      return client;
    },
    onDidChangeState: states.event,
    onDidChange: changes.event,
    async ask(name, params, token) {
      if (!client?.isRunning()) throw new Error('Sonde is not connected.');
      // An absent token would travel as a second parameter.
      return await (token ? client.sendRequest(name, params, token) : client.sendRequest(name, params));
    },
    async reconnect(anew = false) {
      if (anew) supervisor.renew();
      else supervisor.retry();
    },
    async close() {
      supervisor.stop();
      await client?.dispose();
    },
    dispose() {
      supervisor.stop();
      hints.dispose();
      states.dispose();
      changes.dispose();
    },
  };
}
