/** *Annotate Selection*: hints in a document of any kind, on the selected text. */
import { type TextDocument, type TextEditor, window, workspace } from 'vscode';
import { followDocument } from '../client/annotated.ts';
import { plainRange } from '../client/convert.ts';
import type { Sonde } from '../sonde.ts';
import type { Handlers } from './register.ts';

export function annotateCommands(sonde: Sonde): Handlers {
  const { line, active, context } = sonde;
  /** By document: on a new connection they are followed again. */
  const followed = new Map<string, TextDocument>();
  const follow = (document: TextDocument): void => {
    followed.set(document.uri.toString(), document);
    if (line.client) followDocument(line.client, document);
    active.add(document);
  };
  context.subscriptions.push(
    line.onDidChange((what) => {
      if (!what.includes('line') || !line.client) return;
      for (const document of followed.values()) if (!document.isClosed) followDocument(line.client, document);
    }),
    workspace.onDidCloseTextDocument((document) => followed.delete(document.uri.toString())),
  );
  return {
    async 'sonde.annotateSelection'() {
      const { document, selection } = editorNow();
      if (selection.isEmpty) throw new Error('Select the text that the model shall read.');
      if (!active.isRead(document)) follow(document);
      await line.ask('sonde/editor/annotate', {
        uri: document.uri.toString(),
        range: plainRange(selection),
        text: document.getText(),
      });
    },
    async 'sonde.clearAnnotations'() {
      await line.ask('sonde/editor/annotate', { uri: editorNow().document.uri.toString() });
    },
  };
}

function editorNow(): TextEditor {
  const editor = window.activeTextEditor;
  if (!editor) throw new Error('No text editor is active.');
  return editor;
}
