/**
 * What the workspace shows of a feature: how strongly it fires, examples from weak to strong, and near misses: tokens
 * spelled like ones on which it fires, where it is silent.
 */
import type { Range } from '../prompt/lines.ts';
import { type FeatureOverUnit, featureOver } from './activations.ts';
import type { FeatureRef } from './knowledge.ts';
import { emptyReport, type ScannedUnit, type ScanReport, workOnWorkspace } from './scan.ts';
import type { Session } from './session.ts';

export interface Example {
  readonly uri: string;
  /** The token. */
  readonly range: Range | null;
  readonly activation: number;
  /** The token with its surroundings. */
  readonly tokens: readonly { readonly text: string; readonly activation: number }[];
  /** Index of the token among `tokens`. */
  readonly at: number;
}

export interface Evidence {
  readonly texts: number;
  readonly tokens: number;
  readonly firing: number;
  /** Equal-width bins from 0 to the largest activation. */
  readonly histogram: { readonly max: number; readonly counts: readonly number[] };
  readonly quantiles: readonly { readonly name: string; readonly examples: readonly Example[] }[];
  readonly nearMisses: readonly Example[];
  readonly report: ScanReport;
}

const BINS = 24;
const BEFORE = 14;
const AFTER = 8;
/** Firing tokens that are kept to choose examples from; beyond it every other one goes. */
const MAX_KEPT = 4000;
const MAX_SILENT = 4000;
const QUARTERS = ['strongest quarter', 'upper middle', 'lower middle', 'weakest quarter'];

export async function evidenceOf(
  session: Session,
  feature: FeatureRef,
  perQuantile: number,
  onProgress?: (fraction: number, texts: number) => void,
  signal?: AbortSignal,
): Promise<Evidence> {
  const report = emptyReport();
  const values: number[] = [];
  let kept: Candidate[] = [];
  let silent: Candidate[] = [];
  let stride = 1;
  let tokens = 0;
  const work = ({ document, unit }: ScannedUnit): Promise<FeatureOverUnit | null> =>
    featureOver(session, document, unit, feature, 'batch', signal);
  for await (const { document, fraction, result: over } of workOnWorkspace(session, report, work, signal)) {
    onProgress?.(fraction, report.texts);
    if (!over) continue;
    const perText: Candidate[] = [];
    const strip = stripOf(document.uri, over);
    over.view.tokens.forEach(({ special, text }, i) => {
      if (special) return;
      tokens++;
      const activation = over.activations[i]!;
      const candidate = { strip, i, activation, word: text.trim().toLowerCase() };
      if (activation === 0) perText.push(candidate);
      else {
        values.push(activation);
        if (values.length % stride === 0) kept.push(candidate);
      }
    });
    if (kept.length > MAX_KEPT) {
      kept = kept.filter((_, i) => i % 2 === 0);
      stride *= 2;
    }
    silent.push(...perText);
    if (silent.length > 2 * MAX_SILENT) silent = likely(silent, kept).slice(0, MAX_SILENT);
  }
  const max = values.reduce((most, value) => Math.max(most, value), 0);
  return {
    texts: report.texts,
    tokens,
    firing: values.length,
    histogram: { max, counts: histogram(values, max) },
    quantiles: quantiles(kept, perQuantile),
    nearMisses: spread(likely(silent, kept), perQuantile).map(exampleOf),
    report,
  };
}

/** A text as examples show it; a whole trace would hold a hundred times as much. */
interface Strip {
  readonly uri: string;
  readonly texts: readonly string[];
  readonly ranges: readonly (Range | null)[];
  readonly activations: Float32Array;
}

function stripOf(uri: string, { view, activations }: FeatureOverUnit): Strip {
  return {
    uri,
    texts: view.tokens.map(({ text }) => text),
    ranges: view.tokens.map(({ range }) => range),
    activations,
  };
}

interface Candidate {
  readonly strip: Strip;
  readonly i: number;
  readonly activation: number;
  readonly word: string;
}

function histogram(values: readonly number[], max: number): number[] {
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) counts[Math.min(BINS - 1, Math.max(0, Math.floor((value / max) * BINS)))]!++;
  return counts;
}

/** Quarters of the firing tokens by rank; examples spread over texts. */
function quantiles(kept: readonly Candidate[], perQuantile: number): Evidence['quantiles'] {
  const sorted = [...kept].sort((a, b) => b.activation - a.activation);
  return QUARTERS.map((name, q) => {
    const part = sorted.slice(
      Math.floor((q * sorted.length) / QUARTERS.length),
      Math.floor(((q + 1) * sorted.length) / QUARTERS.length),
    );
    return { name, examples: spread(part, perQuantile).map(exampleOf) };
  }).filter(({ examples }) => examples.length > 0);
}

/** Silent tokens whose words fire elsewhere, the words that fire most strongly first. */
function likely(silent: readonly Candidate[], kept: readonly Candidate[]): Candidate[] {
  const strength = new Map<string, number>();
  for (const { word, activation } of kept) strength.set(word, Math.max(strength.get(word) ?? 0, activation));
  return silent
    .filter(({ word }) => word !== '' && strength.has(word))
    .sort((a, b) => strength.get(b.word)! - strength.get(a.word)!);
}

/** The first `count`, at most one of each unit while there are others. */
function spread(candidates: readonly Candidate[], count: number): Candidate[] {
  const seen = new Set<Strip>();
  const [first, again]: [Candidate[], Candidate[]] = [[], []];
  for (const candidate of candidates) {
    if (seen.has(candidate.strip)) again.push(candidate);
    else first.push(candidate);
    seen.add(candidate.strip);
  }
  return [...first, ...again].slice(0, count);
}

function exampleOf({ strip, i, activation }: Candidate): Example {
  const { uri, texts, ranges, activations } = strip;
  const from = Math.max(0, i - BEFORE);
  return {
    uri,
    range: ranges[i]!,
    activation,
    tokens: texts.slice(from, i + AFTER + 1).map((text, j) => ({ text, activation: activations[from + j]! })),
    at: i - from,
  };
}
