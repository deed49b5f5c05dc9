/** What the request files share: the connection, the editor's session behind it, and what its client can do. */
import type { Connection } from 'vscode-languageserver';
import type { Session } from '../editor/session.ts';
import type { ClientFacts } from './client.ts';
import type { Diagnoser } from './diagnostics.ts';
import type { DoorLog } from './door-options.ts';

export interface LspSession {
  readonly connection: Connection;
  readonly log: DoorLog;
  readonly version: string;
  readonly client: ClientFacts;
  readonly editor: Session;
  readonly diagnostics: Diagnoser;
  /** Replaces the workspace's folders, given as URIs without a slash at the end. */
  setFolders(folders: readonly string[]): void;
  /** Fires when the client has gone. */
  readonly ended: AbortSignal;
}
