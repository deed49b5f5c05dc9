/** What each feature stands for, by measurement: the lines of `labels.jsonl`. */
import { UNMATCHED } from '../../dictionary/labels.ts';
import { mcc } from '../../methods/metrics/confusion.ts';
import { fitLookUp, keyTable } from '../../methods/probing/look-up.ts';
import { RULES } from './card.ts';
import { QUESTIONS } from './questions.ts';
import { type Sample, type Search, scoreColumn } from './recovery.ts';
import type { MeasuredText } from './text.ts';

/** A feature's best question and its best list of tokens. */
export interface FeatureFinding {
  readonly feature: number;
  /** Share of training rows on which it is active; 0 for one that never fires. */
  readonly density: number;
  /** −1 where none correlates. */
  readonly question: number;
  readonly train: number;
  /** Held-out MCC. */
  readonly mcc: number;
  /** "It fires on exactly these tokens": MCC on documents other than those the list is from. */
  readonly tokenMcc: number;
  /** The list, most frequent first. */
  readonly tokens: readonly number[];
}

export interface LabelLine {
  readonly feature: number;
  readonly label: string;
  readonly source: string;
  readonly score: number | null;
  readonly metric: 'mcc';
  readonly latent: string | null;
  readonly density: number;
}

/** Looks at every feature. The list of tokens is from the first half of the training rows and scored on the second. */
export function findLabels(search: Search, train: Sample, test: Sample, text: MeasuredText): FeatureFinding[] {
  const { count, rows } = train.columns;
  const half = Math.floor(rows / 2);
  const table = keyTable(text.tokens.subarray(0, half));
  const later = Int32Array.from(text.tokens.subarray(half), table.of);
  const tokenOf = new Int32Array(table.count);
  for (let row = 0; row < half; row++) tokenOf[table.rows[row]!] = text.tokens[row]!;
  return Array.from({ length: count }, (_, feature) => {
    const active: number[] = [];
    train.columns.column(feature).forEach((value, row) => {
      if (value !== 0) active.push(row);
    });
    let question = -1;
    for (let i = 0; i < train.positives.length; i++) {
      const score = search.scores[i * count + feature]!;
      if (score > 0 && (question < 0 || score > search.scores[question * count + feature]!)) question = i;
    }
    const found = question < 0 ? { train: 0, mcc: 0 } : scoreColumn(search, test, question, feature);
    const early = active.filter((row) => row < half);
    const fitted = fitLookUp(table, early, () => early.length / half);
    const on = fitted.likelihood.map((likelihood) => (likelihood > fitted.cut ? 1 : 0));
    const says = (row: number): boolean => later[row - half]! >= 0 && on[later[row - half]!] === 1;
    const late = active.filter((row) => row >= half);
    let predicted = 0;
    for (let row = half; row < rows; row++) if (says(row)) predicted++;
    const tokenMcc = mcc({ hits: late.filter(says).length, predicted, actual: late.length, n: rows - half });
    const tokens = [...on.keys()]
      .filter((key) => on[key] === 1)
      .sort((a, b) => table.totals[b]! - table.totals[a]!)
      .map((key) => tokenOf[key]!);
    return { feature, density: active.length / rows, question, train: found.train, mcc: found.mcc, tokenMcc, tokens };
  });
}

const SOURCE = 'tinyworld score card';
const SHOWN = 4;

/**
 * One rule for all: the latent, where its MCC reaches RULES.explained on training and held-out text; else the tokens, where
 * "fires on exactly these" does; else UNMATCHED, with the higher of the two scores. `name` spells a token.
 */
export function labelLine(finding: FeatureFinding, name: (token: number) => string): LabelLine {
  const { feature, question, train, tokens, tokenMcc } = finding;
  const line = { feature, source: SOURCE, metric: 'mcc', density: rounded(finding.density, 6) } as const;
  if (finding.density === 0) return { ...line, label: 'never fires', score: null, latent: null };
  if (isExplained(finding)) {
    const { key, description } = QUESTIONS[question]!;
    return { ...line, label: description, score: rounded(Math.min(train, finding.mcc), 3), latent: key };
  }
  if (tokenMcc >= RULES.explained) {
    const shown = tokens.slice(0, SHOWN).map((token) => JSON.stringify(name(token)));
    const more = tokens.length > SHOWN ? ` and ${tokens.length - SHOWN} more` : '';
    const label = `${tokens.length === 1 ? 'token' : 'tokens'} ${shown.join(', ')}${more}`;
    return { ...line, label, score: rounded(tokenMcc, 3), latent: null };
  }
  return { ...line, label: UNMATCHED, score: rounded(Math.max(finding.mcc, tokenMcc), 3), latent: null };
}

/** Whether a latent explains the feature. */
export function isExplained({ density, question, train, mcc: held }: FeatureFinding): boolean {
  return density > 0 && question >= 0 && train >= RULES.explained && held >= RULES.explained;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
