/** Shows a place in an editor: beside the view that asked, and in the editor that has the document already. */
import { TextEditorRevealType, Uri, ViewColumn, window } from 'vscode';
import { editorRange, type PlainRange } from '../client/convert.ts';

export async function reveal(uri: string, range: PlainRange): Promise<void> {
  const open = window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri);
  const selection = editorRange(range);
  const editor = await window.showTextDocument(Uri.parse(uri), {
    viewColumn: open?.viewColumn ?? ViewColumn.One,
    selection,
    preview: true,
  });
  editor.revealRange(selection, TextEditorRevealType.InCenterIfOutsideViewport);
}
