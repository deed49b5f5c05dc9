/** An edit of the label file in LSP. */
import type { TextEdit, WorkspaceEdit } from 'vscode-languageserver';
import type { LabelFileEdit } from '../editor/relabel.ts';
import type { ClientFacts } from './client.ts';

export function toWorkspaceEdit(
  { uri, exists, range, text }: LabelFileEdit,
  { createsFiles }: Pick<ClientFacts, 'createsFiles'>,
): WorkspaceEdit & { documentChanges: NonNullable<WorkspaceEdit['documentChanges']> } {
  const edit: TextEdit = { range, newText: text };
  const create = { kind: 'create' as const, uri, options: { ignoreIfExists: true } };
  return {
    documentChanges: [
      // An editor that cannot create files makes the buffer of one that is not there.
      ...(exists || !createsFiles ? [] : [create]),
      { textDocument: { uri, version: null }, edits: [edit] },
    ],
  };
}
