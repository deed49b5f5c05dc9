/** Edits of the workspace's label file. The editor alone writes it: what is given here is an edit, not a deed. */
import { SondeError } from '../core/errors.ts';
import { linesOf } from '../prompt/lines.ts';
import type { FeatureRef } from './knowledge.ts';
import {
  appendEdit,
  LABELS_PATH,
  type LabelEdit,
  labelEdit,
  MAX_LABEL,
  NO_LABELS,
  readWorkspaceLabels,
  writeLabel,
} from './labels.ts';
import { dictionaryOf } from './naming.ts';
import { readExplanations } from './neuronpedia.ts';
import type { EditorServices } from './services.ts';
import type { Session } from './session.ts';

/** An edit of the label file, which may not exist yet. */
export interface LabelFileEdit extends LabelEdit {
  readonly uri: string;
  readonly exists: boolean;
}

/** Bytes of the label file, and of an export that is imported. */
const MAX_BYTES = 32 * 2 ** 20;

/** Where a folder's labels are kept; null without a workspace folder. */
export function labelsUri({ folders }: Pick<EditorServices, 'folders'>): string | null {
  return folders[0] === undefined ? null : `${folders[0]}/${LABELS_PATH}`;
}

/** Reads the workspace's labels anew: as the editor has them, else from the file. */
export async function refreshLabels(session: Session): Promise<void> {
  const file = await labelFile(session);
  session.knowledge.setLabels(file ? readWorkspaceLabels(file.lines) : NO_LABELS);
  session.services.changed(['labels']);
}

/** The edit that names a feature, or with null takes its label away. @throws unknown-feature; invalid-params without a workspace folder. */
export async function relabel(session: Session, feature: FeatureRef, label: string | null): Promise<LabelFileEdit> {
  const { info } = dictionaryOf(session, undefined, feature.dictionary);
  if (feature.index >= info.d_sae) {
    throw new SondeError('unknown-feature', `${info.name} has features 0 … ${info.d_sae - 1}, not ${feature.index}.`, {
      found: feature.index,
      expected: [0, info.d_sae - 1],
    });
  }
  const wanted = label?.trim() ?? null;
  if (wanted === '' || (wanted !== null && (wanted.length > MAX_LABEL || /[\r\n]/.test(wanted)))) {
    throw new SondeError('invalid-params', `A label is one line of 1 to ${MAX_LABEL} characters.`, {
      found: wanted?.length,
      expected: [1, MAX_LABEL],
    });
  }
  const { uri, lines, exists } = await needed(session);
  return { uri, exists, ...labelEdit(lines, info, feature.index, wanted) };
}

/** The edit that adds the explanations of a Neuronpedia export; features that have a label of the workspace keep it. */
export async function importLabels(
  session: Session,
  source: string,
  dictionary: string,
  signal?: AbortSignal,
): Promise<{ readonly edit: LabelFileEdit; readonly imported: number; readonly skipped: readonly string[] }> {
  const { info } = dictionaryOf(session, undefined, dictionary);
  const read = await session.services.files?.read(source, MAX_BYTES, signal);
  if (!read || read.text === null || read.truncated) {
    throw new SondeError('file-not-found', `${source} cannot be read (UTF-8 or gzip, at most ${MAX_BYTES} bytes).`, {
      found: source,
      expected: 'an explanations file of a Neuronpedia export',
    });
  }
  const { explanations, skipped } = readExplanations(read.text, info.d_sae);
  const file = await needed(session);
  const own = readWorkspaceLabels(file.lines).of(info);
  const fresh = explanations.filter(({ feature }) => !own.has(feature));
  const kept = explanations.length - fresh.length;
  const added = fresh.map(({ feature, ...label }) => writeLabel(info, feature, label));
  return {
    edit: { uri: file.uri, exists: file.exists, ...appendEdit(file.lines, added) },
    imported: fresh.length,
    skipped: kept === 0 ? skipped : [...skipped, `${kept} features have a label of the workspace and keep it.`],
  };
}

async function needed(session: Session) {
  const file = await labelFile(session);
  if (file) return file;
  throw new SondeError('invalid-params', 'Labels are kept in the workspace’s folder, and no folder is open.', {
    expected: 'a workspace folder',
  });
}

async function labelFile({ services, documents }: Session) {
  const uri = labelsUri(services);
  if (uri === null) return null;
  const open = documents.get(uri);
  if (open) return { uri, lines: open.lines, exists: true };
  const read = await services.files?.read(uri, MAX_BYTES);
  const text = read?.text ?? null;
  return { uri, lines: linesOf(text ?? ''), exists: text !== null };
}
