/** The editor door’s own messages, beside LSP’s: what the extension and the server say to each other at `/lsp`. */
import type { z } from 'zod';
import { editorAnnotate, editorCompare, editorFeatures, editorHeat, editorUnits } from './messages/editor-document.ts';
import {
  editorChanged,
  editorEvidence,
  editorImport,
  editorLate,
  editorPage,
  editorPin,
  editorRelabel,
  editorStatus,
} from './messages/editor-feature.ts';
import { workspaceList, workspacePage, workspaceRead } from './messages/editor-workspace.ts';
import type { DeepReadonly } from './method.ts';

/** Requests from the editor. */
export const EDITOR_REQUESTS = [
  editorStatus,
  editorHeat,
  editorFeatures,
  editorUnits,
  editorCompare,
  editorAnnotate,
  editorPage,
  editorEvidence,
  editorRelabel,
  editorImport,
  editorPin,
] as const;

/** Requests to the editor’s side; a client that answers them says `experimental: { sonde: { workspaceFiles: true } }`. */
export const WORKSPACE_REQUESTS = [workspaceList, workspaceRead, workspacePage] as const;

/** Notifications to the editor. */
export const EDITOR_NOTIFICATIONS = [editorChanged, editorLate] as const;

type AnyRequest = (typeof EDITOR_REQUESTS)[number] | (typeof WORKSPACE_REQUESTS)[number];
export type EditorRequestName = (typeof EDITOR_REQUESTS)[number]['name'];
export type WorkspaceRequestName = (typeof WORKSPACE_REQUESTS)[number]['name'];
type Named<N extends AnyRequest['name']> = Extract<AnyRequest, { readonly name: N }>;

/** Parameters as a caller gives them: defaults may be left out. */
export type EditorParams<N extends AnyRequest['name']> = DeepReadonly<z.input<Named<N>['params']>>;
/** Parameters as they are handled: checked, defaults filled in. */
export type CheckedEditorParams<N extends AnyRequest['name']> = z.output<Named<N>['params']>;
export type EditorResult<N extends AnyRequest['name']> = DeepReadonly<z.input<Named<N>['result']>>;
