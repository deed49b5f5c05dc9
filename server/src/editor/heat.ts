/** One feature over the tokens of a document's lines, for decorations, strips and semantic tokens. */
import { mapBounded } from '../core/bounded.ts';
import type { Range } from '../prompt/lines.ts';
import { featureOver } from './activations.ts';
import { MAX_UNITS } from './hints.ts';
import type { FeatureRef, NamedFeature } from './knowledge.ts';
import { dictionaryOf } from './naming.ts';
import { documentOf, type Session } from './session.ts';
import { firstUnits } from './units.ts';

export interface HeatToken {
  readonly text: string;
  readonly range: Range | null;
  /** Counts prompts or rows of the answer, from 0. */
  readonly unit: number;
  readonly activation: number;
  /** Of `max`, 0 … 1. */
  readonly share: number;
}

export interface Heat {
  readonly feature: NamedFeature;
  /** The largest activation known, this text included. */
  readonly max: number;
  readonly tokens: readonly HeatToken[];
  readonly truncated: boolean;
}

/** Tokens of one answer. */
export const MAX_HEAT_TOKENS = 20_000;

export async function heatOf(
  session: Session,
  uri: string,
  feature: FeatureRef,
  range: Range | null,
  signal?: AbortSignal,
): Promise<Heat> {
  const document = documentOf(session, uri);
  const { units, more } = firstUnits(document, range, MAX_UNITS);
  const overs = await mapBounded(units, 16, (unit) =>
    featureOver(session, document, unit, feature, 'interactive', signal),
  );
  const all = overs.flatMap((over, unit) =>
    (over?.view.tokens ?? []).flatMap(({ text, range: written, special }, i) =>
      special ? [] : [{ text, range: written, unit, activation: over!.activations[i]! }],
    ),
  );
  const model = overs.find((over) => over !== null)?.view.trace.model.name;
  const seen = all.reduce((most, { activation }) => Math.max(most, activation), 0);
  const { known } = dictionaryOf(session, model, feature.dictionary);
  const max = Math.max(seen, known.maxima[feature.index] ?? 0);
  const tokens = all.slice(0, MAX_HEAT_TOKENS).map((token) => ({
    ...token,
    share: max > 0 ? Math.min(1, Math.max(0, token.activation / max)) : 0,
  }));
  return {
    feature: known.name(feature.index),
    max,
    tokens,
    truncated: tokens.length < all.length || more,
  };
}
