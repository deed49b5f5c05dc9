/** Features by label, number, or the token that they raise most. */
import type { NamedFeature } from './knowledge.ts';
import { describe } from './naming.ts';
import type { Session } from './session.ts';

export interface SymbolHit extends NamedFeature {
  readonly model: string;
  /** How it was found: by its name, or by the token that its decoder raises. */
  readonly by: 'name' | 'token';
}

/** Hits of one search. */
const LIMIT = 100;
/** Longest query that is taken for a token. */
const MAX_TOKEN = 64;

/**
 * Over all models: labels of the workspace and of the dictionaries, numbers, then features that raise the token spelled by
 * the query (with or without a space before it) most. "→ word" looks for the token alone.
 */
export async function findFeatures(session: Session, query: string, signal?: AbortSignal): Promise<SymbolHit[]> {
  const { engine } = session.services;
  const tokenOnly = /^\s*(?:→|->)\s*/.exec(query);
  const wanted = (tokenOnly ? query.slice(tokenOnly[0].length) : query).trim();
  if (wanted === '') return [];
  const hits = new Map<string, SymbolHit>();
  const add = (model: string, by: SymbolHit['by'], feature: { dictionary: string; index: number }): void => {
    const key = JSON.stringify([model, feature.dictionary, feature.index]);
    if (!hits.has(key) && hits.size < LIMIT) hits.set(key, { ...describe(session, model, feature), model, by });
  };
  for (const { name: model } of engine.models()) {
    if (!tokenOnly) {
      for (const feature of ownLabels(session, model, wanted.toLowerCase())) add(model, 'name', feature);
      for (const hit of engine.searchFeatures({ model, query: wanted, limit: LIMIT })) add(model, 'name', hit);
    }
    if (wanted.length > MAX_TOKEN || engine.dictionaries({ model }).length === 0) continue;
    for (const text of [` ${wanted}`, wanted]) {
      const found = await engine.featuresByToken({ model, text, limit: 10, lane: 'interactive' }, signal);
      for (const hit of found) add(model, 'token', hit);
    }
  }
  return [...hits.values()];
}

/** Features that the workspace's labels name so. */
function ownLabels({ services, knowledge }: Session, model: string, wanted: string) {
  const dictionaries = services.engine.dictionaries({ model });
  return knowledge
    .labels()
    .entries.filter(({ label }) => label.toLowerCase().includes(wanted))
    .flatMap(({ dictionary, digest, feature }) => {
      const owner = dictionaries.find((entry) =>
        digest === null ? entry.name === dictionary : entry.digest === digest,
      );
      return owner && feature < owner.d_sae ? [{ dictionary: owner.name, index: feature }] : [];
    });
}
