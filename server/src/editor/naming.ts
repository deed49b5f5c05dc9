/** Features by their references: which model they are of, what they are called. */
import { SondeError } from '../core/errors.ts';
import type { DictionaryInfo, FeatureLabel } from '../engine/results.ts';
import { NO_SETTINGS } from '../prompt/unit.ts';
import { type FeatureAt, featureAt } from './features-at.ts';
import type { DictionaryKnowledge, FeatureRef, NamedFeature } from './knowledge.ts';
import type { Session } from './session.ts';

/** A dictionary with the model that it is attached to, and what is known of it. */
export interface FoundDictionary {
  readonly info: DictionaryInfo;
  readonly owner: string;
  readonly known: DictionaryKnowledge;
}

/** The feature with its label; `model` is found where it is not given. @throws unknown-dictionary. */
export function describe(session: Session, model: string | undefined, { dictionary, index }: FeatureRef): NamedFeature {
  return dictionaryOf(session, model, dictionary).known.name(index);
}

/** The feature as a token shows it on which it has this activation. @throws unknown-dictionary. */
export function featureWith(session: Session, model: string, ref: FeatureRef, activation: number): FeatureAt {
  return featureAt(dictionaryOf(session, model, ref.dictionary).known, ref.index, activation);
}

/** A dictionary by its name, of the model given or of whichever has it. @throws unknown-dictionary listing what there is. */
export function dictionaryOf(
  { services, knowledge }: Session,
  model: string | undefined,
  name: string,
): FoundDictionary {
  const { engine } = services;
  const owners = engine.models().map((entry) => entry.name);
  const all = owners.flatMap((owner) => engine.dictionaries({ model: owner }).map((info) => ({ info, owner })));
  const named = all.filter(({ info }) => info.name === name);
  const found = named.find(({ owner }) => owner === model) ?? named[0];
  if (!found) {
    throw new SondeError('unknown-dictionary', `No dictionary "${name}" is attached to a loaded model.`, {
      found: name,
      expected: all.map(({ info }) => info.name),
    });
  }
  const labels: ReadonlyMap<number, FeatureLabel> = engine.labels({ model: found.owner, dictionary: name });
  return { ...found, known: knowledge.of(found.owner, found.info, labels) };
}

/** The model of a document's own choice; the daemon's first where no document is given. */
export async function modelFor(session: Session, uri: string | undefined): Promise<string> {
  return (await session.chooser.choose(NO_SETTINGS, uri ?? '')).model;
}
