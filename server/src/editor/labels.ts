/**
 * Labels of the workspace: `.sonde/labels.jsonl` in each of its folders, which only the editor writes. A line names a
 * feature of a dictionary; a later line replaces an earlier one; an empty label takes one away. What a folder’s file says
 * holds before those of later folders. Lines that are none are left as they are, and left alone.
 */
import type { DictionaryInfo } from '../engine/results.ts';
import type { Lines, Range } from '../prompt/lines.ts';

/** Where the labels lie below a folder. */
export const LABELS_PATH = '.sonde/labels.jsonl';
/** Longest label, UTF-16 units. */
export const MAX_LABEL = 1000;

export interface WorkspaceLabel {
  readonly label: string;
  readonly source: string;
  readonly score: number | null;
}

/** One line of the file that is a label. */
export interface LabelLine extends WorkspaceLabel {
  readonly dictionary: string;
  /** Of the dictionary's weights; null where the line does not say. */
  readonly digest: string | null;
  readonly feature: number;
  readonly line: number;
}

/** Labels by feature; null where the file takes one away. */
export type LabelMap = ReadonlyMap<number, WorkspaceLabel | null>;

export interface WorkspaceLabels {
  /** What the file says of a dictionary; a line that gives weights is about these, whatever they are called. */
  of(dictionary: Pick<DictionaryInfo, 'name' | 'digest'>): LabelMap;
  /** All labels, one a feature. */
  readonly entries: readonly LabelLine[];
}

/** Reads the files' texts, in the order of their folders. */
export function readWorkspaceLabels(...files: readonly Lines[]): WorkspaceLabels {
  const byDictionary = new Map<string, Map<number, LabelLine>>();
  for (const lines of files.toReversed()) {
    for (let line = 0; line < lines.count; line++) {
      const entry = labelLine(lines.line(line), line);
      if (!entry) continue;
      const key = keyOf(entry.digest, entry.dictionary);
      const features = byDictionary.get(key) ?? new Map<number, LabelLine>();
      byDictionary.set(key, features.set(entry.feature, entry));
    }
  }
  const all = [...byDictionary.values()].flatMap((features) => [...features.values()]);
  return {
    of({ name, digest }) {
      const found = [byDictionary.get(keyOf(null, name)), byDictionary.get(keyOf(digest, name))];
      const lines = found.flatMap((features) => [...(features ?? [])]);
      return new Map(lines.map(([feature, entry]) => [feature, entry.label === '' ? null : entry]));
    },
    entries: all.filter(({ label }) => label !== ''),
  };
}

export const NO_LABELS: WorkspaceLabels = readWorkspaceLabels();

/** A replacement in the labels file: a whole line, or text at its end. */
export interface LabelEdit {
  readonly range: Range;
  readonly text: string;
}

/** What to write so that a feature has a label; a null takes it away. */
export function labelEdit(
  lines: Lines,
  dictionary: Pick<DictionaryInfo, 'name' | 'digest'>,
  feature: number,
  label: string | null,
): LabelEdit {
  const text = writeLabel(dictionary, feature, { label: label ?? '', source: 'me', score: null });
  for (let line = lines.count - 1; line >= 0; line--) {
    const entry = labelLine(lines.line(line), line);
    const same =
      entry &&
      entry.feature === feature &&
      [dictionary.digest, dictionary.name].includes(entry.digest ?? entry.dictionary);
    if (same)
      return { range: { start: { line, character: 0 }, end: { line, character: lines.line(line).length } }, text };
  }
  return appendEdit(lines, [text]);
}

/** Adds lines at the end of the file. */
export function appendEdit(lines: Lines, added: readonly string[]): LabelEdit {
  const line = lines.count - 1;
  const last = lines.line(line);
  const end = { line, character: last.length };
  return { range: { start: end, end }, text: `${last === '' ? '' : '\n'}${added.join('\n')}\n` };
}

/** One line of the file. */
export function writeLabel(
  { name, digest }: Pick<DictionaryInfo, 'name' | 'digest'>,
  feature: number,
  { label, source, score }: WorkspaceLabel,
): string {
  const scored = score === null ? {} : { score };
  return JSON.stringify({ dictionary: name, digest, feature, label: label.slice(0, MAX_LABEL), source, ...scored });
}

function labelLine(text: string, line: number): LabelLine | null {
  if (text.trim() === '') return null;
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    const { dictionary, digest, feature, label, source, score } = value;
    if (typeof dictionary !== 'string' || typeof label !== 'string' || !isIndex(feature)) return null;
    return {
      dictionary,
      digest: typeof digest === 'string' ? digest : null,
      feature,
      label: label.slice(0, MAX_LABEL),
      source: typeof source === 'string' ? source : 'workspace',
      score: typeof score === 'number' ? score : null,
      line,
    };
  } catch {
    return null;
  }
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function keyOf(digest: string | null, dictionary: string): string {
  return digest === null ? `name ${dictionary}` : `digest ${digest}`;
}
