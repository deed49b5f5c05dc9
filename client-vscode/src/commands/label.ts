/** Labels: the server gives the edit of the label file, the editor writes it. */
import type { EditorResult } from '@sonde/protocol';
import { workspace } from 'vscode';
import type { WorkspaceEdit } from 'vscode-languageclient';
import { type FeatureArgument, nameOf, refOf } from '../feature-ref.ts';
import type { Sonde } from '../sonde.ts';

/** Names a feature in the workspace, or takes its label away. @throws where the edit cannot be made. */
export async function relabel(
  { line }: Pick<Sonde, 'line'>,
  feature: FeatureArgument,
  label: string | null,
): Promise<void> {
  const { uri } = feature;
  const { edit } = await line.ask('sonde/editor/relabel', {
    feature: refOf(feature),
    label,
    ...(uri === undefined ? {} : { uri }),
  });
  if (!(await applyEdit({ line }, edit))) throw new Error(`The label of ${nameOf(feature)} could not be written.`);
}

/** Applies an edit of the server’s; false where the editor refuses. */
export async function applyEdit(
  { line }: Pick<Sonde, 'line'>,
  edit: EditorResult<'sonde/editor/relabel'>['edit'],
): Promise<boolean> {
  const converted = await line.client?.protocol2CodeConverter.asWorkspaceEdit(edit as unknown as WorkspaceEdit);
  // As a refactoring, files that were not open are saved where the settings say so, which is their default.
  return converted !== undefined && (await workspace.applyEdit(converted, { isRefactoring: true }));
}
