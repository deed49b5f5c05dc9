/** Where in the workspace a feature fires, strongest first. */
import type { Range } from '../prompt/lines.ts';
import { type FeatureOverUnit, featureOver } from './activations.ts';
import type { FeatureRef } from './knowledge.ts';
import { emptyReport, type ScannedUnit, type ScanReport, workOnWorkspace } from './scan.ts';
import type { Session } from './session.ts';

export interface Reference {
  readonly uri: string;
  readonly range: Range;
  readonly activation: number;
}

/** References that are told; the weaker ones go first. */
export const MAX_REFERENCES = 2000;

export interface ReferenceOptions {
  /** Takes what one text gave, strongest first. */
  readonly onBatch?: (references: readonly Reference[]) => void;
  readonly onProgress?: (fraction: number, texts: number) => void;
}

export async function referencesOf(
  session: Session,
  feature: FeatureRef,
  { onBatch, onProgress }: ReferenceOptions,
  signal?: AbortSignal,
): Promise<{ readonly references: readonly Reference[]; readonly report: ScanReport }> {
  const report = emptyReport();
  let found: Reference[] = [];
  const work = ({ document, unit }: ScannedUnit): Promise<FeatureOverUnit | null> =>
    featureOver(session, document, unit, feature, 'batch', signal);
  for await (const { document, fraction, result: over } of workOnWorkspace(session, report, work, signal)) {
    onProgress?.(fraction, report.texts);
    const batch = (over?.view.tokens ?? []).flatMap(({ range, special }, i) => {
      const activation = over!.activations[i]!;
      return range !== null && !special && activation !== 0 ? [{ uri: document.uri, range, activation }] : [];
    });
    if (batch.length === 0) continue;
    batch.sort(strongestFirst);
    onBatch?.(batch);
    found.push(...batch);
    if (found.length > 2 * MAX_REFERENCES) found = strongest(found, report);
  }
  return { references: strongest(found, report), report };
}

function strongest(found: Reference[], report: ScanReport): Reference[] {
  found.sort(strongestFirst);
  if (found.length > MAX_REFERENCES) report.truncated = true;
  return found.slice(0, MAX_REFERENCES);
}

function strongestFirst(a: Reference, b: Reference): number {
  return b.activation - a.activation;
}
