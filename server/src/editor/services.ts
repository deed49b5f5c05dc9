/** What an editor's session is given: the engine, ways to files, and whom to tell of changes. */
import type { Engine } from '../engine/engine.ts';

/** The engine as an editor sees it. */
export type EditorEngine = Pick<
  Engine,
  | 'loadModel'
  | 'models'
  | 'loadDictionary'
  | 'dictionaries'
  | 'traceColumns'
  | 'tokenize'
  | 'feature'
  | 'featureStats'
  | 'featuresByToken'
  | 'pushes'
  | 'renderChat'
  | 'labels'
  | 'searchFeatures'
  | 'status'
>;

/** Files of the workspace, read on the editor's side. */
export interface WorkspaceFiles {
  list(limit: number, signal?: AbortSignal): Promise<{ files: readonly WorkspaceFile[]; truncated: boolean }>;
  /** At most `limit` bytes; null where there is no such file or it is no UTF-8. */
  read(uri: string, limit: number, signal?: AbortSignal): Promise<{ text: string | null; truncated: boolean }>;
}

export interface WorkspaceFile {
  readonly uri: string;
  readonly size: number;
}

/** What a view may have to be asked for anew. */
export type Changed = 'traces' | 'labels' | 'models';

export interface EditorServices {
  readonly engine: EditorEngine;
  /** Finds what a model's or a dictionary's name means. @throws path-outside-roots; file-not-found. */
  locate(name: string): string;
  /** Null where the editor's side answers no such question: then only open documents are known. */
  readonly files: WorkspaceFiles | null;
  /** Folders of the workspace as it is now, as URIs without a slash at the end. */
  folders(): readonly string[];
  changed(what: readonly Changed[]): void;
}
