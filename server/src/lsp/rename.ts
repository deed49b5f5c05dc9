/** `textDocument/rename`: a feature's label, as an edit of the workspace's label file. */
import { ErrorCodes, type Position, ResponseError } from 'vscode-languageserver';
import { featureAt } from '../editor/highlights.ts';
import type { FeatureRef } from '../editor/knowledge.ts';
import { relabel } from '../editor/relabel.ts';
import { answering } from './errors.ts';
import type { LspSession } from './lsp-session.ts';
import { signalOf } from './signal.ts';
import { toWorkspaceEdit } from './workspace-edit.ts';

export function registerRename(session: LspSession): void {
  const { connection, editor, log, client } = session;
  // Which feature is the strongest may change while a person types: the one that was shown is meant.
  let shown: { readonly place: string; readonly feature: FeatureRef } | undefined;
  connection.onPrepareRename(
    answering(log, 'textDocument/prepareRename', async ({ textDocument: { uri }, position }, token) => {
      const found = await featureAt(editor, uri, position, signalOf(token));
      if (!found) return null;
      const { range, feature } = found;
      shown = { place: placeOf(uri, position), feature };
      return { range, placeholder: feature.label ?? `${feature.dictionary} #${feature.index}` };
    }),
  );
  connection.onRenameRequest(
    answering(log, 'textDocument/rename', async ({ textDocument: { uri }, position, newName }, token) => {
      const feature =
        shown?.place === placeOf(uri, position)
          ? shown.feature
          : (await featureAt(editor, uri, position, signalOf(token)))?.feature;
      if (!feature)
        throw new ResponseError(ErrorCodes.InvalidParams, 'No feature fires here, so there is nothing to name.');
      return toWorkspaceEdit(await relabel(editor, feature, newName, uri), client);
    }),
  );
}

function placeOf(uri: string, { line, character }: Position): string {
  return `${line}:${character} ${uri}`;
}
