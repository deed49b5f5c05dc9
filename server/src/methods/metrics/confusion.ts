/** Scores of a yes-or-no prediction from its four counts; accuracy is absent, since class balance fakes it (METRICS 8). */

/** Counts of a prediction over `n` rows. */
export interface Confusion {
  /** Rows predicted and true. */
  readonly hits: number;
  readonly predicted: number;
  readonly actual: number;
  readonly n: number;
}

/**
 * Matthews correlation, −1 … 1: (TP·TN − FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)). 0 where a margin is empty, as
 * scikit-learn has it. Source: Matthews 1975.
 */
export function mcc({ hits, predicted, actual, n }: Confusion): number {
  const below = predicted * (n - predicted) * actual * (n - actual);
  return below > 0 ? (hits * n - predicted * actual) / Math.sqrt(below) : 0;
}

/** F1 = 2·TP / (predicted + actual), 0 … 1; 0 where nothing is predicted or true. */
export function f1({ hits, predicted, actual }: Confusion): number {
  return predicted + actual > 0 ? (2 * hits) / (predicted + actual) : 0;
}

/** (TPR + TNR) / 2, 0 … 1; null where one class is empty. */
export function balancedAccuracy({ hits, predicted, actual, n }: Confusion): number | null {
  if (actual === 0 || actual === n) return null;
  return (hits / actual + (n - actual - predicted + hits) / (n - actual)) / 2;
}

/** Counts of the rule "score > cut" against the rows listed in `positives`. */
export function confusionAbove(scores: ArrayLike<number>, positives: ArrayLike<number>, cut: number): Confusion {
  let predicted = 0;
  for (let row = 0; row < scores.length; row++) if (scores[row]! > cut) predicted++;
  let hits = 0;
  for (let i = 0; i < positives.length; i++) if (scores[positives[i]!]! > cut) hits++;
  return { hits, predicted, actual: positives.length, n: scores.length };
}
