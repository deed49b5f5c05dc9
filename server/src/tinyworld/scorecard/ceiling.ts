/** The ceiling: what a supervised linear probe reads out of the residual stream. */
import { auroc } from '../../methods/metrics/auroc.ts';
import { bestCut } from '../../methods/probing/cut.ts';
import { columnMoments, scatter, solveSymmetric } from '../../methods/probing/linear-algebra.ts';
import { probeScores } from '../../methods/probing/logistic.ts';
import { mccAbove } from './recovery.ts';

export interface Ceiling {
  /** Held-out AUROC; null where held-out text has one answer only. */
  readonly auroc: number | null;
  /** The same on the training rows, by which a layer is chosen. */
  readonly train_auroc: number;
  /** Held-out MCC, the cut chosen on training rows. */
  readonly mcc: number;
  /** Held-out scores [rows]. */
  readonly scores: Float64Array;
}

/**
 * One probe per question: least squares on 0 and 1 with penalty 1e-3 · rows · mean variance. For two classes that is
 * Fisher's discriminant but for the penalty. `train` and `test` are [rows, d].
 */
export function* ceilings(
  train: Float32Array,
  test: Float32Array,
  d: number,
  positives: readonly Int32Array[],
  testPositives: readonly Int32Array[],
): Generator<Ceiling> {
  const n = train.length / d;
  const { mean } = columnMoments(train, d);
  const A = scatter(train, d, mean);
  let trace = 0;
  for (let j = 0; j < d; j++) trace += A[j * d + j]!;
  for (let j = 0; j < d; j++) A[j * d + j]! += (1e-3 * trace) / d;
  const m = positives.length;
  const B = new Float64Array(d * m);
  positives.forEach((rows, question) => {
    for (const row of rows) for (let j = 0; j < d; j++) B[j * m + question]! += train[row * d + j]! - mean[j]!;
  });
  const X = solveSymmetric(A, B, d, m);
  for (let question = 0; question < m; question++) {
    const weights = Float64Array.from({ length: d }, (_, j) => X[j * m + question]!);
    const bias = positives[question]!.length / n - weights.reduce((sum, weight, j) => sum + weight * mean[j]!, 0);
    const probe = { weights, bias };
    const fitted = probeScores(probe, train);
    const { cut } = bestCut(fitted, positives[question]!);
    const scores = probeScores(probe, test);
    const held = testPositives[question]!;
    const train_auroc = auroc(fitted, positives[question]!) ?? 0;
    yield { auroc: auroc(scores, held), train_auroc, mcc: mccAbove(scores, held, cut), scores };
  }
}
