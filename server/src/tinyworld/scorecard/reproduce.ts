/** Whether a card says what a committed one says: figures may differ by rounding on another machine, and by no more. */
import type { ScoreCard } from './card.ts';

/** A figure outside its tolerance. */
export interface Deviation {
  readonly figure: string;
  readonly expected: number;
  readonly found: number;
  readonly tolerance: number;
}

/**
 * What another machine may differ by. Losses differ in the sixth digit (order of float32 sums). A feature at the edge of
 * the k largest, or a threshold between two near values, moves single rows, and where two features are nearly equal
 * answers the other one may be chosen: hence 0.02 on means and shares, and 0.1 on one question's MCC.
 */
export const TOLERANCES = { loss: 1e-3, mean: 0.02, question: 0.1 } as const;

/** Every figure of `found` that is not that of `expected`. */
export function deviations(found: ScoreCard, expected: ScoreCard): Deviation[] {
  const pairs: (readonly [string, number, number, number])[] = [
    ['loss, unseen text', found.unseen.model, expected.unseen.model, TOLERANCES.loss],
    ['bound, unseen text', found.unseen.bound, expected.unseen.bound, TOLERANCES.loss],
    ['loss, held-out text', found.heldout.model, expected.heldout.model, TOLERANCES.loss],
    // One latent of those carried may fall to the other side of a limit.
    ['recovered share', found.recovered_share, expected.recovered_share, 1.5 / Math.max(1, expected.carried)],
    ['mean MCC', found.mcc, expected.mcc, TOLERANCES.mean],
  ];
  for (const layer of expected.layers) {
    const same = found.layers.find((entry) => entry.layer === layer.layer);
    pairs.push(
      [`FVU, layer ${layer.layer}`, same?.scores.fvu ?? Number.NaN, layer.scores.fvu ?? Number.NaN, TOLERANCES.mean],
      [`ΔCE, layer ${layer.layer}`, same?.scores.ce_delta ?? Number.NaN, layer.scores.ce_delta, TOLERANCES.mean],
    );
  }
  for (const { key, best } of expected.questions) {
    const same = found.questions.find((question) => question.key === key);
    pairs.push([`MCC of ${key}`, same?.best.mcc ?? Number.NaN, best.mcc, TOLERANCES.question]);
  }
  return pairs
    .filter(([, a, b, tolerance]) => !(Math.abs(a - b) <= tolerance))
    .map(([figure, a, b, tolerance]) => ({ figure, found: a, expected: b, tolerance }));
}
