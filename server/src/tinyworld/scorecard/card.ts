/** What the score card says: plain data, the file `scorecard.json`. */

import type { Interval } from '../../methods/metrics/auroc.ts';
import type { DictionaryScores } from '../../training/dictionary/evaluate.ts';
import type { LatentName } from '../latents.ts';
import type { LossReport } from '../train.ts';
import type { Accuracy } from './accuracy.ts';

/** One question at one layer; MCC and F1 are held-out, feature and threshold chosen on training text. */
export interface QuestionAtLayer {
  readonly layer: number;
  /** Held-out AUROC and MCC of the supervised linear probe. */
  readonly probe_auroc: number | null;
  readonly probe_mcc: number;
  readonly feature: number;
  readonly train_mcc: number;
  readonly mcc: number;
  readonly f1: number;
  /** Held-out MCC where no feature may answer two questions. */
  readonly matched_mcc: number;
  /** Held-out MCC of linear probes on 1, 2 and 5 features. */
  readonly small_probes: readonly number[];
}

export interface QuestionCard {
  readonly key: string;
  readonly latent: LatentName;
  readonly description: string;
  readonly unused: boolean;
  /** Share of held-out rows, and their number. */
  readonly rate: number;
  readonly positives: number;
  /** Held-out MCC of the best look-up, and which. */
  readonly look_up: number;
  readonly look_up_by: string;
  readonly layers: readonly QuestionAtLayer[];
  /** The layer with the best training MCC. */
  readonly best: QuestionAtLayer;
  /** Held-out AUROC of the probe of the layer with the best training AUROC, with its interval over documents. */
  readonly ceiling: Interval | null;
}

/** A latent: the mean over its questions, each at its best layer. */
export interface LatentCard {
  readonly latent: LatentName;
  readonly unused: boolean;
  readonly ceiling: number;
  readonly mcc: number;
  readonly f1: number;
  readonly look_up: number;
  readonly excess: number;
  readonly carried: boolean;
  readonly recovered: boolean;
}

export interface LayerCard {
  readonly layer: number;
  readonly scores: DictionaryScores;
  readonly alive: number;
  /** Features whose best question has a held-out MCC of at least 0.5, as a share of those alive. */
  readonly explained_share: number;
}

/** A baseline with the same search: one of its columns per question, over all layers. */
export interface BaselineCard {
  readonly name: string;
  readonly columns: number;
  /** Carried latents that it recovers, by the same rule. */
  readonly recovered_share: number;
  /** Mean held-out MCC over the carried latents. */
  readonly mcc: number;
}

export interface ScoreCard {
  readonly seed: number;
  readonly rows: { readonly train: number; readonly heldout: number };
  readonly unseen: LossReport;
  readonly heldout: LossReport;
  readonly accuracy: { readonly unseen: readonly Accuracy[]; readonly heldout: readonly Accuracy[] };
  readonly questions: readonly QuestionCard[];
  readonly latents: readonly LatentCard[];
  readonly layers: readonly LayerCard[];
  readonly carried: number;
  readonly recovered: number;
  readonly recovered_share: number;
  /** Mean held-out MCC over the carried latents, to set beside the baselines'. */
  readonly mcc: number;
  readonly baselines: readonly BaselineCard[];
  /** Carried latents that are not recovered. */
  readonly missed: readonly string[];
}

/** What is aimed at, and the rules by which it is counted. */
export const RULES = {
  /** Model loss over the bound, at most. */
  loss: 1.1,
  /** A latent is linearly carried from this held-out AUROC of the probe on. */
  carried: 0.9,
  /** A latent is recovered from this held-out MCC on … */
  recovered: 0.7,
  /** … and this much above the best look-up. */
  excess: 0.2,
  /** Aim for the share of carried latents that are recovered. */
  share: 0.6,
  /** A feature is explained, and gets a label, from this MCC on. */
  explained: 0.5,
} as const;

/** Latents from their questions: carried and recovered by RULES, on means over the questions. */
export function latentCards(
  questions: readonly Pick<QuestionCard, 'latent' | 'unused' | 'look_up'>[],
  ceilings: readonly number[],
  scores: readonly { readonly mcc: number; readonly f1: number }[],
): LatentCard[] {
  const names = [...new Set(questions.map(({ latent }) => latent))];
  return names.map((latent) => {
    const own = questions.flatMap((question, i) => (question.latent === latent ? [i] : []));
    const mean = (value: (i: number) => number): number => own.reduce((sum, i) => sum + value(i), 0) / own.length;
    const ceiling = mean((i) => ceilings[i]!);
    const mcc = mean((i) => scores[i]!.mcc);
    const look_up = mean((i) => questions[i]!.look_up);
    const carried = ceiling >= RULES.carried;
    const recovered = mcc >= RULES.recovered && mcc - look_up >= RULES.excess;
    const { unused } = questions[own[0]!]!;
    return {
      latent,
      unused,
      ceiling,
      mcc,
      f1: mean((i) => scores[i]!.f1),
      look_up,
      excess: mcc - look_up,
      carried,
      recovered,
    };
  });
}

/** Share recovered and mean MCC among the latents that are carried; the unused latent stands apart. */
export function carriedSummary(latents: readonly LatentCard[]): {
  readonly carried: number;
  readonly recovered: number;
  readonly recovered_share: number;
  readonly mcc: number;
} {
  const counted = latents.filter(({ carried, unused }) => carried && !unused);
  const recovered = counted.filter((latent) => latent.recovered).length;
  const n = Math.max(1, counted.length);
  return {
    carried: counted.length,
    recovered,
    recovered_share: recovered / n,
    mcc: counted.reduce((sum, latent) => sum + latent.mcc, 0) / n,
  };
}
