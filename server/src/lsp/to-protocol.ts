/** The editor room's answers as the protocol spells them. */
import type { EditorResult } from '@sonde/protocol';
import type { Evidence } from '../editor/evidence.ts';
import type { FeatureList, ListedFeature } from '../editor/feature-list.ts';
import { LOGIT_CONVENTION, type PageData } from '../editor/page.ts';

export function toFeatureList(list: FeatureList | null): EditorResult<'sonde/editor/features'> {
  if (!list) return { token: null, dictionaries: [], features: [], hidden: 0, truncated: false };
  const { token, dictionaries, features, hidden, truncated } = list;
  return {
    token: token && {
      text: token.text,
      range: token.range,
      unexplained: token.unexplained.map(({ dictionary, share, l0 }) => ({ dictionary: dictionary.name, share, l0 })),
    },
    dictionaries,
    features: features.map(toListed),
    hidden,
    truncated,
  };
}

/** `max` is what the share is taken of: the calibration text's largest activation, or a larger one that was seen since. */
function toListed({ rates, ...feature }: ListedFeature): EditorResult<'sonde/editor/features'>['features'][number] {
  const max = feature.share > 0 ? feature.activation / feature.share : rates.max;
  return { ...feature, ...rates, max };
}

export function toPage(page: PageData): EditorResult<'sonde/editor/page'> {
  const { model, feature, labelMetric, rates, calibrationTokens, dictionary, weights, neighbours, pinned } = page;
  const { name, path, architecture, hook_in, hook_out, d_sae, folding, prepend_bos, fit } = dictionary;
  const logits = (list: typeof weights.top_logits) => list?.map(({ text, logit }) => ({ text, logit })) ?? null;
  return {
    model,
    feature,
    labelMetric,
    rates,
    calibrationTokens,
    dictionary: { name, path, architecture, hook_in, hook_out, d_sae, folding, prepend_bos, fit },
    decoder_norm: weights.decoder_norm,
    encoder_decoder_cosine: weights.encoder_decoder_cosine,
    logitConvention: LOGIT_CONVENTION,
    top_logits: logits(weights.top_logits),
    bottom_logits: logits(weights.bottom_logits),
    neighbours,
    pinned,
  };
}

export function toEvidence({ report, ...evidence }: Evidence): EditorResult<'sonde/editor/evidence'> {
  const { read, skipped, why, truncated } = report;
  return { ...evidence, files: { read, skipped, why }, truncated };
}
