/** Other tokens of the same prompt or row on which the feature of a place fires. */
import type { Position, Range } from '../prompt/lines.ts';
import { featureOver } from './activations.ts';
import { type FeatureAt, featureOf, featuresAt, filterOf, knownColumns } from './features-at.ts';
import { type Session, tokenAt } from './session.ts';
import { unitAt } from './units.ts';

export interface Highlight {
  readonly range: Range;
  readonly activation: number;
}

/** The feature that a place means, with where it was found; null where none fires. */
export async function featureAt(
  session: Session,
  uri: string,
  position: Position,
  signal?: AbortSignal,
): Promise<{ readonly feature: FeatureAt; readonly range: Range; readonly model: string } | null> {
  const found = await tokenAt(session, uri, position, signal);
  if (!found?.token.range) return null;
  const { features } = featuresAt(
    knownColumns(session.knowledge, found.view),
    found.token,
    filterOf(session.settings()),
  );
  const feature = featureOf(features);
  return feature && { feature, range: found.token.range, model: found.view.trace.model.name };
}

/** The strongest features of a place, pinned and labelled ones first; null where no token is. */
export async function topFeatures(
  session: Session,
  uri: string,
  position: Position,
  count: number,
  signal?: AbortSignal,
): Promise<{ readonly features: readonly FeatureAt[]; readonly range: Range; readonly model: string } | null> {
  const found = await tokenAt(session, uri, position, signal);
  if (!found?.token.range) return null;
  const columns = knownColumns(session.knowledge, found.view);
  const { features } = featuresAt(columns, found.token, filterOf(session.settings()));
  const first = featureOf(features);
  const others = features.filter((feature) => feature !== first);
  const ordered = first ? [first, ...others] : others;
  return { features: ordered.slice(0, count), range: found.token.range, model: found.view.trace.model.name };
}

export async function highlightsAt(
  session: Session,
  uri: string,
  position: Position,
  signal?: AbortSignal,
): Promise<readonly Highlight[]> {
  const document = session.documents.get(uri);
  const unit = document && unitAt(document, position);
  const at = await featureAt(session, uri, position, signal);
  if (!document || !unit || !at) return [];
  const over = await featureOver(session, document, unit, at.feature, 'interactive', signal);
  return (over?.view.tokens ?? []).flatMap(({ range, special }, i) => {
    const activation = over!.activations[i]!;
    return range !== null && !special && activation !== 0 ? [{ range, activation }] : [];
  });
}
