/** What is known of one feature: weights, rates, dictionary. Its evidence in the workspace is asked for apart. */
import type { DictionaryInfo, FeaturePage } from '../engine/results.ts';
import type { FeatureRef, NamedFeature, Rates } from './knowledge.ts';
import { dictionaryOf } from './naming.ts';
import type { Session } from './session.ts';

export interface PageData {
  readonly model: string;
  readonly feature: NamedFeature;
  readonly labelMetric: string | null;
  readonly rates: Rates;
  /** Counted tokens behind the rates; 0 until measured. */
  readonly calibrationTokens: number;
  readonly dictionary: DictionaryInfo;
  readonly weights: FeaturePage;
  readonly neighbours: readonly (NamedFeature & { readonly cosine: number })[];
  readonly pinned: boolean;
}

/** What the logits of a page are. */
export const LOGIT_CONVENTION =
  'Direct effect of one unit of activation on the logits through the final norm’s gain and the unembedding, without the norm’s division by its scale and without softcap: a direction, not a prediction.';

const COUNT = 10;

/** @throws unknown-dictionary; unknown-feature. */
export async function pageOf(
  session: Session,
  model: string | undefined,
  feature: FeatureRef,
  signal?: AbortSignal,
): Promise<PageData> {
  const { info, owner, known } = dictionaryOf(session, model, feature.dictionary);
  const { engine } = session.services;
  const choice = { model: owner, dictionary: info.name };
  const weights = await engine.feature(
    { ...choice, feature: feature.index, count: COUNT, lane: 'interactive' },
    signal,
  );
  const named = known.name(feature.index);
  const shipped = weights.label;
  return {
    model: owner,
    feature: named,
    labelMetric: shipped && shipped.source === named.labelSource ? shipped.metric : null,
    rates: known.rates(feature.index),
    calibrationTokens: known.stats?.tokens ?? 0,
    dictionary: info,
    weights,
    neighbours: weights.neighbours.map(({ index, score }) => ({
      ...known.name(index),
      cosine: score,
    })),
    pinned: known.isPinned(feature.index),
  };
}
