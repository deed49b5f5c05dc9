/** Feature labels beside a dictionary: `labels.jsonl`, one JSON object a line. */
import { join } from 'node:path';
import { z } from 'zod';
import { fileSize, readText } from '../files/file-reader.ts';
import { parseJson, parseShape } from '../formats/json.ts';

/** A name for a feature, and where it comes from. */
export interface FeatureLabel {
  readonly feature: number;
  readonly label: string;
  readonly source: string;
  /** How good the label is, by `metric`; null where nobody measured. */
  readonly score: number | null;
  readonly metric: string | null;
}

const LINE = z.object({
  feature: z.number().int().nonnegative(),
  label: z.string().max(1000),
  source: z.string().default('unknown'),
  score: z.number().nullable().default(null),
  metric: z.string().nullable().default(null),
});

/** The label of a feature that was held against what may explain it, and matched nothing. */
export const UNMATCHED = 'unmatched';

/** Whether a label only lists tokens on which the feature fires, as score cards write it: `tokens " a", " the" and 7 more`. */
export function isTokenList(label: string): boolean {
  return /^tokens? "/.test(label);
}

/** File name of the labels in a dictionary's folder. */
export const LABELS_FILE = 'labels.jsonl';

/**
 * Reads the labels of a dictionary's folder; an absent file is an empty map. A later line replaces an earlier one.
 * @throws corrupt-file naming the line that is not a label.
 */
export function readLabels(folder: string): Map<number, FeatureLabel> {
  const path = join(folder, LABELS_FILE);
  const labels = new Map<number, FeatureLabel>();
  if (fileSize(path) === null) return labels;
  readText(path)
    .split('\n')
    .forEach((line, i) => {
      if (line.trim() === '') return;
      const where = `${path}:${i + 1}`;
      const entry = parseShape(LINE, parseJson(line, where), where);
      labels.set(entry.feature, entry);
    });
  return labels;
}
