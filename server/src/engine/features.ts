/** Features without running the model: their page, nearest ones, search by label, labelling. */
import { SondeError } from '../core/errors.ts';
import type { FeatureLabel } from '../dictionary/labels.ts';
import type { Execution } from '../methods/execution.ts';
import { featureWeights, type Scored, writesResidual } from '../methods/feature-page.ts';
import { featureEffects, featuresOfToken } from '../methods/token-effects.ts';
import type { AttachedDictionary, LoadedModel } from './models.ts';
import type { FeatureHit, FeaturePage, TokenLogit } from './results.ts';

/** Everything that the weights tell about one feature. @throws unknown-feature. */
export async function featurePage(
  execution: Execution,
  model: LoadedModel,
  attached: AttachedDictionary,
  index: number,
  count: number,
  signal?: AbortSignal,
): Promise<FeaturePage> {
  checkFeature(attached, index);
  const { dictionary, labels } = attached;
  const weights = await featureWeights(execution, model.handle, dictionary, index, count, signal);
  const tokens = (list: readonly Scored[] | null): TokenLogit[] | null =>
    list?.map(({ index: id, score }) => ({ id, text: model.tokenizer.tokenText(id), logit: score })) ?? null;
  return {
    dictionary: dictionary.name,
    index,
    label: labels.get(index) ?? null,
    d_sae: dictionary.d_sae,
    decoder_norm: dictionary.decoder_norms[index]!,
    encoder_decoder_cosine: weights.encoder_decoder_cosine,
    top_logits: tokens(weights.top_logits),
    bottom_logits: tokens(weights.bottom_logits),
    neighbours: weights.neighbours.map(({ index: near, score }) => hit(attached, near, score)),
  };
}

/**
 * Features whose label or number matches a query: an equal label or number scores 1, a label that begins with it 0.9,
 * one that contains it 0.7, one that has all its words 0.5.
 */
export function searchFeatures(
  dictionaries: readonly AttachedDictionary[],
  query: string,
  limit: number,
): FeatureHit[] {
  const wanted = query.trim().toLowerCase();
  const words = wanted.split(/\s+/).filter(Boolean);
  const number = /^#?(\d+)$/.exec(wanted);
  const hits = dictionaries.flatMap((attached) => {
    const byNumber =
      number && Number(number[1]) < attached.dictionary.d_sae ? [hit(attached, Number(number[1]), 1)] : [];
    const byLabel = [...attached.labels.values()].flatMap(({ feature, label }) => {
      const score = words.length === 0 ? 0 : matchScore(label.toLowerCase(), wanted, words);
      return score > 0 ? [hit(attached, feature, score)] : [];
    });
    return [...byNumber, ...byLabel];
  });
  return hits.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, limit);
}

/** Direct effect of features on a token's logit; null where the dictionary writes elsewhere. @throws unknown-feature. */
export async function pushes(
  execution: Execution,
  model: LoadedModel,
  attached: AttachedDictionary,
  features: readonly number[],
  token: number,
  signal?: AbortSignal,
): Promise<number[] | null> {
  for (const index of features) checkFeature(attached, index);
  if (!writesResidual(attached.dictionary)) return null;
  if (features.length === 0) return [];
  return featureEffects(execution, model.handle, attached.dictionary, features, token, signal);
}

/** Over all dictionaries on the residual stream: features that raise a token most, by logits per unit of activation. */
export async function featuresByToken(
  execution: Execution,
  model: LoadedModel,
  text: string,
  limit: number,
  signal?: AbortSignal,
): Promise<FeatureHit[]> {
  const { ids } = await model.tokenizer.encode(text, { bos: false });
  if (ids.length !== 1) return [];
  const hits: FeatureHit[] = [];
  for (const attached of model.dictionaries) {
    if (!writesResidual(attached.dictionary)) continue;
    const { raise } = await featuresOfToken(execution, model.handle, attached.dictionary, ids[0]!, limit, signal);
    hits.push(...raise.map(({ index, score }) => hit(attached, index, score)));
  }
  return hits.sort((a, b) => b.score - a.score).slice(0, limit);
}

/** Sets or removes (null) a label in memory; the caller keeps it. @throws unknown-feature. */
export function labelFeature(
  attached: AttachedDictionary,
  index: number,
  label: string | null,
  source: string,
): FeatureLabel | null {
  checkFeature(attached, index);
  const entry = label === null ? null : { feature: index, label, source, score: null, metric: null };
  if (entry) attached.labels.set(index, entry);
  else attached.labels.delete(index);
  return entry;
}

function matchScore(label: string, wanted: string, words: readonly string[]): number {
  if (label === wanted) return 1;
  if (label.startsWith(wanted)) return 0.9;
  if (label.includes(wanted)) return 0.7;
  return words.every((word) => label.includes(word)) ? 0.5 : 0;
}

function hit({ dictionary, labels }: AttachedDictionary, index: number, score: number): FeatureHit {
  return { dictionary: dictionary.name, index, label: labels.get(index)?.label ?? null, score };
}

function checkFeature({ dictionary }: AttachedDictionary, index: number): void {
  if (Number.isInteger(index) && index >= 0 && index < dictionary.d_sae) return;
  throw new SondeError(
    'unknown-feature',
    `${dictionary.name} has features 0 … ${dictionary.d_sae - 1}, not ${index}.`,
    {
      found: index,
      expected: [0, dictionary.d_sae - 1],
    },
  );
}
