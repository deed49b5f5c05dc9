/** *Annotate Selection*: hints in a document of any kind, on the selected text, until its last tab is closed. */
import { type Disposable, TabInputText, type TextDocument, type TextEditor, window, workspace } from 'vscode';
import { followDocument } from '../client/annotated.ts';
import { type PlainRange, plainRange } from '../client/convert.ts';
import { movedRange } from '../client/moved.ts';
import type { Sonde } from '../sonde.ts';
import type { Handlers } from './register.ts';

interface Annotated {
  readonly document: TextDocument;
  /** Selections, moved through edits: a new connection knows of none. */
  ranges: readonly PlainRange[];
  /** Ends what makes the server know a document that is not read of its own accord. */
  following: Disposable | undefined;
}

export function annotateCommands({ line, active, context }: Sonde): Handlers {
  const annotated = new Map<string, Annotated>();
  const follow = (entry: Annotated): void => {
    const { client } = line;
    if (!client || client.getFeature('textDocument/inlayHint').getProvider(entry.document)) return;
    entry.following = followDocument(client, entry.document);
  };
  const annotate = (document: TextDocument, range?: PlainRange): Promise<unknown> => {
    const uri = document.uri.toString();
    return line.ask('sonde/editor/annotate', range ? { uri, range, text: document.getText() } : { uri });
  };
  const forget = (uri: string): void => {
    const entry = annotated.get(uri);
    if (!entry) return;
    annotated.delete(uri);
    entry.following?.dispose();
    active.remove(entry.document);
  };
  context.subscriptions.push(
    line.onDidChange(async (what) => {
      if (!what.includes('line')) return;
      for (const entry of annotated.values()) {
        follow(entry);
        for (const range of entry.ranges) await annotate(entry.document, range).catch(() => undefined);
      }
    }),
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      const entry = annotated.get(document.uri.toString());
      if (!entry) return;
      for (const edit of contentChanges) entry.ranges = entry.ranges.flatMap((range) => movedRange(range, edit) ?? []);
    }),
    workspace.onDidCloseTextDocument(({ uri }) => forget(uri.toString())),
    // The editor keeps a document for minutes after its last tab.
    window.tabGroups.onDidChangeTabs(({ closed }) => {
      const open = new Set(window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ input }) => uriOf(input))));
      for (const { input } of closed) {
        const uri = uriOf(input);
        if (uri !== undefined && !open.has(uri)) forget(uri);
      }
    }),
  );
  return {
    async 'sonde.annotateSelection'() {
      const { document, selection } = editorNow();
      if (selection.isEmpty) throw new Error('Select the text that the model shall read.');
      const uri = document.uri.toString();
      const entry: Annotated = annotated.get(uri) ?? { document, ranges: [], following: undefined };
      if (!annotated.has(uri)) follow(entry);
      annotated.set(uri, entry);
      active.add(document);
      const range = plainRange(selection);
      await annotate(document, range);
      entry.ranges = [...entry.ranges, range];
    },
    async 'sonde.clearAnnotations'() {
      const { document } = editorNow();
      const entry = annotated.get(document.uri.toString());
      if (entry) entry.ranges = [];
      await annotate(document);
    },
  };
}

function uriOf(input: unknown): string | undefined {
  return input instanceof TabInputText ? input.uri.toString() : undefined;
}

function editorNow(): TextEditor {
  const editor = window.activeTextEditor;
  if (!editor) throw new Error('No text editor is active.');
  return editor;
}
