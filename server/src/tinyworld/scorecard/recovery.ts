/** How well columns recover latents: column and threshold chosen on training rows, scored on held-out ones. */
import { f1, mcc } from '../../methods/metrics/confusion.ts';
import { matchOneToOne } from '../../methods/metrics/matching.ts';
import { bestCut } from '../../methods/probing/cut.ts';
import { applyRule, type Rule, searchColumn } from '../../methods/probing/feature-search.ts';
import { fitRidge, probeScores } from '../../methods/probing/logistic.ts';
import type { Columns } from './columns.ts';

/** Training and held-out rows of the same columns, and the rows on which each latent holds. */
export interface Sample {
  readonly columns: Columns;
  readonly positives: readonly Int32Array[];
}

/** A column as the answer to a question. */
export interface Recovery {
  readonly column: number;
  readonly rule: Rule;
  /** Matthews correlation on the training rows, by which it was chosen. */
  readonly train: number;
  readonly mcc: number;
  readonly f1: number;
}

export interface Search {
  /** By question; column −1 where nothing separates at all. */
  readonly best: readonly Recovery[];
  /** Training scores [questions, columns]. */
  readonly scores: Float64Array;
  /** Rules [questions · columns]. */
  readonly rules: readonly Rule[];
}

/** Tries every column for every question. */
export function searchColumns(train: Sample, test: Sample): Search {
  const questions = train.positives.length;
  const { count, bothSides } = train.columns;
  const scores = new Float64Array(questions * count);
  const rules: Rule[] = new Array<Rule>(questions * count);
  for (let column = 0; column < count; column++) {
    searchColumn(train.columns.column(column), train.positives, bothSides).forEach((rule, question) => {
      scores[question * count + column] = rule.mcc;
      rules[question * count + column] = rule;
    });
  }
  const best = train.positives.map((_, question) => {
    let column = -1;
    for (let i = 0; i < count; i++) {
      const found = scores[question * count + i]!;
      if (found > 0 && (column < 0 || found > scores[question * count + column]!)) column = i;
    }
    return scoreColumn({ scores, rules }, test, question, column);
  });
  return { best, scores, rules };
}

/** Held-out scores of one column for one question. */
export function scoreColumn(
  { scores, rules }: Pick<Search, 'scores' | 'rules'>,
  test: Sample,
  question: number,
  column: number,
): Recovery {
  if (column < 0) return { column, rule: { cut: Number.POSITIVE_INFINITY, below: false }, train: 0, mcc: 0, f1: 0 };
  const at = question * test.columns.count + column;
  const { cut, below } = rules[at]!;
  const found = applyRule({ cut, below }, test.columns.column(column), test.positives[question]!);
  return { column, rule: { cut, below }, train: scores[at]!, mcc: mcc(found), f1: f1(found) };
}

/** Held-out MCC by question when no column may answer two: the assignment is the best one on training rows. */
export function matchedScores(search: Search, test: Sample): readonly number[] {
  const questions = test.positives.length;
  const { count } = test.columns;
  if (questions > count) return [];
  return [...matchOneToOne(search.scores, questions, count)].map(
    (column, question) => scoreColumn(search, test, question, column).mcc,
  );
}

/** Sizes of the small probes. */
export const PROBE_SIZES = [1, 2, 5] as const;

/**
 * Held-out MCC of least-squares probes on the 1, 2 and 5 columns with the best training scores, by question; cut chosen
 * on training rows. Columns are scaled to a largest value of 1, and the penalty is 1e-3 per row.
 */
export function smallProbes(search: Search, train: Sample, test: Sample): readonly (readonly number[])[] {
  const { count } = train.columns;
  const largest = PROBE_SIZES.at(-1)!;
  return train.positives.map((positives, question) => {
    const scores = search.scores.subarray(question * count, (question + 1) * count);
    const chosen = Array.from(scores.keys())
      .sort((a, b) => scores[b]! - scores[a]!)
      .slice(0, largest);
    const parts = chosen.map((column) => {
      const fit = Float32Array.from(train.columns.column(column));
      const scale = 1 / fit.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-6);
      const held = test.columns.column(column).map((value) => value * scale);
      return { fit: fit.map((value) => value * scale), held };
    });
    const targets = new Float32Array(train.columns.rows);
    for (const row of positives) targets[row] = 1;
    return PROBE_SIZES.map((size) => {
      const used = parts.slice(0, size);
      const fit = interleave(used.map((part) => part.fit));
      const probe = fitRidge(fit, targets, used.length, 1e-3 * targets.length);
      const { cut } = bestCut(probeScores(probe, fit), positives);
      const scored = probeScores(probe, interleave(used.map((part) => part.held)));
      return mccAbove(scored, test.positives[question]!, cut);
    });
  });
}

/** Matthews correlation of "score > cut". */
export function mccAbove(scores: Float64Array, positives: Int32Array, cut: number): number {
  let predicted = 0;
  for (let row = 0; row < scores.length; row++) if (scores[row]! > cut) predicted++;
  let hits = 0;
  for (const row of positives) if (scores[row]! > cut) hits++;
  return mcc({ hits, predicted, actual: positives.length, n: scores.length });
}

/** The same answers given to other rows: every list turned by a share of the rows, so that runs keep their lengths. */
export function shuffledPositives(positives: readonly Int32Array[], rows: number, share: number): Int32Array[] {
  const offset = Math.floor(rows * share);
  return positives.map((list) => list.map((row) => (row + offset) % rows).sort());
}

function interleave(columns: readonly Float32Array[]): Float32Array {
  const rows = columns[0]!.length;
  const data = new Float32Array(rows * columns.length);
  columns.forEach((column, j) => {
    for (let row = 0; row < rows; row++) data[row * columns.length + j] = column[row]!;
  });
  return data;
}
