/** The document that views speak of: the one last worked in, which stays while a view has the focus. */
import {
  type Disposable,
  type Event,
  EventEmitter,
  type TextDocument,
  type TextEditor,
  window,
  workspace,
} from 'vscode';
import { isRead, schemesOf } from './documents.ts';

export interface ActiveDocument extends Disposable {
  /** The last active editor whose document is read, while it is open. */
  readonly editor: TextEditor | undefined;
  readonly onDidChange: Event<TextEditor | undefined>;
  /** Whether the server knows this document. */
  isRead(document: TextDocument): boolean;
  /** Reads a document of another kind from now on. */
  add(document: TextDocument): void;
  /** Reads it no longer. */
  remove(document: TextDocument): void;
}

export function followActiveDocument(): ActiveDocument {
  const emitter = new EventEmitter<TextEditor | undefined>();
  const added = new Set<string>();
  let editor: TextEditor | undefined;

  const known = (document: TextDocument): boolean =>
    added.has(document.uri.toString()) || isRead(document, schemesOf(workspace.workspaceFolders ?? []));
  const take = (next: TextEditor | undefined): void => {
    const gone = editor !== undefined && !window.visibleTextEditors.includes(editor);
    // The focus on a view or another kind of document is no reason to forget the prompt beside it.
    const taken = next && known(next.document) ? next : gone ? visible() : editor;
    if (taken === editor) return;
    editor = taken;
    emitter.fire(editor);
  };
  const visible = (): TextEditor | undefined => window.visibleTextEditors.find(({ document }) => known(document));
  const subscriptions = [
    window.onDidChangeActiveTextEditor(take),
    window.onDidChangeVisibleTextEditors(() => take(window.activeTextEditor)),
    emitter,
  ];
  take(window.activeTextEditor ?? visible());
  return {
    get editor() {
      return editor;
    },
    onDidChange: emitter.event,
    isRead: known,
    add(document) {
      added.add(document.uri.toString());
      take(window.activeTextEditor);
    },
    remove(document) {
      added.delete(document.uri.toString());
      take(window.activeTextEditor);
    },
    dispose: () => {
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}
