/** Neuronpedia's bulk export of explanations: JSON lines, several a feature. Source: its export-data.py. */
import type { WorkspaceLabel } from './labels.ts';

export interface Explanation extends WorkspaceLabel {
  readonly feature: number;
}

/** Reasons that are told. */
const MAX_REASONS = 10;

/**
 * Reads an explanations file. `index` is a string there, in the order of text (0, 1, 10, 100 …): it is never taken from
 * the line's place. Of several explanations the last one of a person wins, else the last.
 */
export function readExplanations(
  text: string,
  d_sae: number,
): { readonly explanations: readonly Explanation[]; readonly skipped: readonly string[] } {
  const byFeature = new Map<number, Explanation & { readonly human: boolean }>();
  const skipped: string[] = [];
  let left = 0;
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    const entry = explanation(line, d_sae);
    if (typeof entry === 'string') {
      left++;
      if (skipped.length < MAX_REASONS) skipped.push(`line ${i + 1}: ${entry}`);
      return;
    }
    const known = byFeature.get(entry.feature);
    if (!known || entry.human || !known.human) byFeature.set(entry.feature, entry);
  });
  if (left > skipped.length) skipped.push(`and ${left - skipped.length} lines more`);
  const explanations = [...byFeature.values()].map(({ human: _, ...entry }) => entry);
  return { explanations: explanations.sort((a, b) => a.feature - b.feature), skipped };
}

function explanation(line: string, d_sae: number): (Explanation & { readonly human: boolean }) | string {
  let value: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) return 'not an object';
    value = parsed as Record<string, unknown>;
  } catch {
    return 'not JSON';
  }
  const { index, description, layer, modelId, explanationModelName, typeName } = value;
  const feature = typeof index === 'string' || typeof index === 'number' ? Number(index) : Number.NaN;
  if (!Number.isSafeInteger(feature) || feature < 0) return `index ${JSON.stringify(index)} is no feature`;
  if (feature >= d_sae) return `feature ${feature} of ${d_sae}: the export is of another dictionary`;
  if (typeof description !== 'string' || description.trim() === '') return 'no description';
  const by = typeof explanationModelName === 'string' && explanationModelName !== '' ? explanationModelName : null;
  const of = [modelId, layer].filter((part) => typeof part === 'string').join('@');
  const method = [by, typeof typeName === 'string' ? typeName : null].filter(Boolean).join(', ');
  return {
    feature,
    label: description.trim().replace(/\s+/g, ' '),
    source: `Neuronpedia${of === '' ? '' : ` ${of}`}${method === '' ? '' : ` (${method})`}`,
    score: null,
    human: by === null,
  };
}
