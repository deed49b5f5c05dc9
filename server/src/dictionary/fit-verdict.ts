/**
 * When a dictionary is said to fit. Misfit if any holds, in this order of cause:
 * 1. another hook explains markedly more: FVU there below 0.8 times, and at least 0.02 under, the one here;
 * 2. another reading of the file does, or explains as much with an L0 nearer to the declared one;
 * 3. at least a quarter of all features fire on average: no activation function, no threshold, or a wrong scale
 *    (random pre-activations give half);
 * 4. hardly anything fires (L0 below 0.5);
 * 5. FVU is 1 or more: the mean of the activations predicts as well;
 * 6. encoder rows permuted do as well (FVU within 5 %): the decoder does not belong to the encoder;
 * 7. L0 is over three times, or under a third of, the declared one (texts differ, so factors below two mean nothing).
 */

import type { Fit } from './fit-measure.ts';
import type { Attachment } from './neighbours.ts';

export interface NeighbourFit extends Fit, Attachment {}

export interface AlternativeFit extends Fit {
  readonly name: string;
}

/** Everything measured at attachment. The mean predictor's FVU is 1 by definition. */
export interface FitNumbers extends Fit, Attachment {
  readonly d_sae: number;
  readonly declared_l0: number | null;
  readonly neighbours: readonly NeighbourFit[];
  readonly alternatives: readonly AlternativeFit[];
  readonly permuted: Fit;
}

export interface Verdict {
  readonly status: 'fits' | 'misfit';
  /** Why, in words with numbers; also what was found where it fits. */
  readonly cause: string;
  /** Name of the alternative reading that fits better, if one does. */
  readonly better: string | null;
}

const CLEARLY_BETTER = 0.8;
const LEAST_GAIN = 0.02;
const DENSE_SHARE = 0.25;
const NOTHING_FIRES = 0.5;
const PERMUTED_MARGIN = 1.05;
const L0_FACTOR = 3;
/** Two readings explain equally much when their FVU differ by less than this factor and LEAST_GAIN. */
const SAME_FVU = 1.1;

/** Applies the rule. */
export function judge(numbers: FitNumbers): Verdict {
  const { fvu, l0, d_sae, declared_l0, permuted } = numbers;
  const here = place(numbers);
  const neighbour = numbers.neighbours.toSorted((a, b) => a.fvu - b.fvu)[0];
  const alternative = betterReading(numbers);
  const causes: string[] = [];
  if (neighbour && clearlyBetter(neighbour.fvu, fvu)) {
    causes.push(`FVU ${short(fvu)} at ${here}, ${short(neighbour.fvu)} at ${place(neighbour)}`);
  }
  if (alternative) {
    causes.push(
      `FVU ${short(fvu)}, L0 ${short(l0)} as read; ${short(alternative.fvu)}, ${short(alternative.l0)} as ${alternative.name}`,
    );
  }
  if (l0 >= DENSE_SHARE * d_sae) {
    causes.push(
      `L0 ${short(l0)} of ${d_sae} features at ${here}: no activation function or threshold, or a wrong input scale`,
    );
  }
  if (l0 < NOTHING_FIRES)
    causes.push(`L0 ${short(l0)} at ${here}: hardly any feature fires, the input scale is likely wrong`);
  if (fvu >= 1) causes.push(`FVU ${short(fvu)} at ${here}: no better than the mean of the activations, whose FVU is 1`);
  if (permuted.fvu <= fvu * PERMUTED_MARGIN) {
    causes.push(`FVU ${short(fvu)}, and ${short(permuted.fvu)} with encoder rows permuted: the decoder does not match`);
  }
  if (declared_l0 !== null && l0 > 0 && logRatio(l0, declared_l0) > Math.log(L0_FACTOR)) {
    causes.push(`L0 ${short(l0)} at ${here} against the declared ${short(declared_l0)}`);
  }
  const better = alternative?.name ?? null;
  if (causes.length > 0) return { status: 'misfit', cause: causes.join('; '), better };
  return { status: 'fits', cause: `FVU ${short(fvu)}, L0 ${short(l0)} at ${here}`, better };
}

/** `blocks.4.hook_mlp_out`, or both ends of a transcoder. */
function place({ hook_in, hook_out }: Attachment): string {
  return hook_in === hook_out ? hook_in : `${hook_in} → ${hook_out}`;
}

function betterReading({ fvu, l0, declared_l0, alternatives }: FitNumbers): AlternativeFit | undefined {
  const candidates = alternatives.filter((other) => {
    if (clearlyBetter(other.fvu, fvu)) return true;
    const asGood = other.fvu <= fvu * SAME_FVU + LEAST_GAIN;
    return (
      asGood && declared_l0 !== null && logRatio(other.l0, declared_l0) + Math.log(1.5) < logRatio(l0, declared_l0)
    );
  });
  return candidates.toSorted((a, b) => a.fvu - b.fvu)[0];
}

function clearlyBetter(other: number, own: number): boolean {
  return other < CLEARLY_BETTER * own && own - other >= LEAST_GAIN;
}

function logRatio(a: number, b: number): number {
  return a > 0 && b > 0 ? Math.abs(Math.log(a / b)) : Number.POSITIVE_INFINITY;
}

function short(value: number): string {
  return String(Number(value.toPrecision(value >= 100 ? 3 : 2)));
}
