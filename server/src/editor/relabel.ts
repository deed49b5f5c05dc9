/** Edits of the workspace's label file. The editor alone writes it: what is given here is an edit, not a deed. */
import { SondeError } from '../core/errors.ts';
import { type Lines, linesOf } from '../prompt/lines.ts';
import type { FeatureRef } from './knowledge.ts';
import {
  appendEdit,
  LABELS_PATH,
  type LabelEdit,
  labelEdit,
  MAX_LABEL,
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

/** Where the workspace's labels are kept, in the order of its folders. */
export function labelUris({ folders }: Pick<EditorServices, 'folders'>): readonly string[] {
  return folders().map((folder) => `${folder}/${LABELS_PATH}`);
}

/** Reads the workspace's labels anew: as the editor has them, else from the files. */
export async function refreshLabels(session: Session): Promise<void> {
  const files = await labelFiles(session);
  session.knowledge.setLabels(readWorkspaceLabels(...files.map(({ lines }) => lines)));
  session.services.changed(['labels']);
}

/**
 * The edit that names a feature, or with null takes its label away: in the first file that names it, since that holds
 * before others, else in the folder of the document `near`, else in the first folder.
 * @throws unknown-feature; invalid-params without a workspace folder.
 */
export async function relabel(
  session: Session,
  feature: FeatureRef,
  label: string | null,
  near?: string,
): Promise<LabelFileEdit> {
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
  const files = await labelFiles(session);
  const names = ({ lines }: LabelFile): boolean => readWorkspaceLabels(lines).of(info).has(feature.index);
  const { uri, lines, exists } = files.find(names) ?? nearest(session, files, near);
  return { uri, exists, ...labelEdit(lines, info, feature.index, wanted) };
}

/** The edit that adds the explanations of a Neuronpedia export; features that a label file names keep what it says. */
export async function importLabels(
  session: Session,
  source: string,
  dictionary: string,
  near?: string,
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
  const files = await labelFiles(session);
  const file = nearest(session, files, near);
  const own = readWorkspaceLabels(...files.map(({ lines }) => lines)).of(info);
  const fresh = explanations.filter(({ feature }) => !own.has(feature));
  const kept = explanations.length - fresh.length;
  const added = fresh.map(({ feature, ...label }) => writeLabel(info, feature, label));
  return {
    edit: { uri: file.uri, exists: file.exists, ...appendEdit(file.lines, added) },
    imported: fresh.length,
    skipped: kept === 0 ? skipped : [...skipped, `${kept} features have a label of the workspace and keep it.`],
  };
}

interface LabelFile {
  readonly uri: string;
  readonly lines: Lines;
  readonly exists: boolean;
}

/** The file of the folder that a document lies in, else the first. @throws invalid-params without a workspace folder. */
function nearest({ services }: Session, files: readonly LabelFile[], near = ''): LabelFile {
  const folders = services.folders().filter((folder) => near.startsWith(`${folder}/`));
  // Folders may lie in one another: the innermost is meant.
  const folder = folders.reduce((a, b) => (b.length > a.length ? b : a), '');
  const file = files.find(({ uri }) => uri === `${folder}/${LABELS_PATH}`) ?? files[0];
  if (file) return file;
  throw new SondeError('invalid-params', 'Labels are kept in the workspace’s folder, and no folder is open.', {
    expected: 'a workspace folder',
  });
}

function labelFiles({ services, documents }: Session): Promise<readonly LabelFile[]> {
  return Promise.all(
    labelUris(services).map(async (uri): Promise<LabelFile> => {
      const open = documents.get(uri);
      if (open) return { uri, lines: open.lines, exists: true };
      const read = await services.files?.read(uri, MAX_BYTES);
      const text = read?.text ?? null;
      return { uri, lines: linesOf(text ?? ''), exists: text !== null };
    }),
  );
}
