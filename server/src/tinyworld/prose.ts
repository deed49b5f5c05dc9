/** What the document kinds share: people, verbs in agreement, and sentences that stand anywhere in prose. */
import type { Derivation, Pool } from './derivation.ts';
import {
  ADJECTIVES,
  BEASTS,
  BIRDS,
  DEEDS,
  FEMALE_NAMES,
  MALE_NAMES,
  SHARED_NAMES,
  THINGS,
  type Verb,
} from './words.ts';

/** A character; `shared` names are borne by women and men alike. */
export interface Person {
  readonly name: string;
  readonly female: boolean;
  readonly shared: boolean;
}

/**
 * A person whose name nobody in `others` has, and whose gender the text will show: by the name itself, or by
 * `introduce` where names may be shared.
 */
export function newPerson(d: Derivation, others: readonly Person[] = [], sharedShare = 0.25): Person {
  const taken = others.map((other) => other.name);
  const shared = sharedShare > 0 && d.chance('name shared', sharedShare);
  const female = d.chance('gender', 0.5);
  const names = shared ? SHARED_NAMES : female ? FEMALE_NAMES : MALE_NAMES;
  return { name: d.pick('name', names, taken), female, shared };
}

/** The name of somebody whose gender does not matter. */
export function newName(d: Derivation, taken: readonly string[] = []): string {
  return d.pick('name', d.choose('name class', [FEMALE_NAMES, MALE_NAMES, SHARED_NAMES], [3, 3, 2]), taken);
}

/** Draws at the first use: what a text never shows must not be drawn, or the text would have two derivations. */
export function once<T extends string>(draw: () => T): () => T {
  let drawn: T | null = null;
  return () => {
    drawn ??= draw();
    return drawn;
  };
}

const APPOSITIONS: Pool<string> = {
  train: [', a {child} from {town},', ', a {child} with {a adjective} hat,'],
  heldout: [', {a adjective} {child} of {town},'],
};

/** The first mention of a person; those with a shared name are introduced as woman or man. */
export function introduce(d: Derivation, person: Person, town: string): void {
  d.write(person.name);
  if (!person.shared && !d.chance('apposition', 0.2)) return;
  d.fill(d.pick('apposition form', APPOSITIONS), {
    child: person.female ? 'woman' : 'man',
    town,
    adjective: () => d.write(adjective(d)),
  });
}

/** An adjective, other than those excluded. */
export function adjective(d: Derivation, without: readonly string[] = []): string {
  return d.pick('adjective', ADJECTIVES, without);
}

/** Fillers for `{adjective}` and `{adjective2}`, which differ. */
export function adjectiveSlots(d: Derivation): { adjective: () => void; adjective2: () => void } {
  const used: string[] = [];
  const next = (): void => {
    used.push(adjective(d, used));
    d.write(used.at(-1)!);
  };
  return { adjective: next, adjective2: next };
}

/** The verb of a third-person singular subject in the tense the document is told in. */
export function inTense(verb: Verb, present: boolean): string {
  return present ? verb[1] : verb[0];
}

/** Forms of "to be": plural subject or not, present tense or not. */
export function be(plural: boolean, present: boolean): string {
  return present ? (plural ? 'are' : 'is') : plural ? 'were' : 'was';
}

const AGREEMENT: Pool<string> = {
  train: [
    'The {subject} near the {other} by the {adjective} {thing} {be} {quality}.',
    'The {subject} behind the {other} of {name} {be} {quality}.',
    'The {subject} beside the {other} in the {adjective} {thing} {be} {quality}.',
  ],
  heldout: [
    'The {subject} near the {other} in the {thing} {be} {quality}.',
    'The {subject} behind the {other} by the {adjective} {thing} {be} {quality}.',
  ],
};

/** A sentence in which other nouns stand between the subject and the verb that agrees with it. */
export function agreementSentence(d: Derivation, name: () => string, present: boolean): void {
  const plural = d.chance('subject number', 0.5);
  const noun = (of: Pool<string>, many: boolean): string => d.pick('noun', of) + (many ? 's' : '');
  const between = (): void => {
    const many = d.chance('attractor number', 0.5);
    d.write(noun(THINGS, many));
    if (many !== plural) d.set('attractor', 1);
  };
  d.fill(d.pick('agreement form', AGREEMENT), {
    subject: () => {
      d.set('subject_pending', 1);
      d.set('subject_plural', plural);
      d.write(noun(d.chance('subject bird', 0.4) ? BIRDS : BEASTS, plural));
    },
    adjective: () => d.write(adjective(d)),
    name: () => d.write(name()),
    other: between,
    thing: () => d.write(noun(THINGS, d.chance('attractor number', 0.5))),
    be: () => {
      for (const latent of ['subject_pending', 'subject_plural', 'attractor'] as const) d.set(latent, 0);
      d.write(be(plural, present));
    },
    quality: () => d.write(adjective(d)),
  });
}

const SEEING: Pool<readonly [affirmative: string, negative: string]> = {
  train: [
    ['saw some {things} there', 'see any {things} there'],
    ['found some {things} by the door', 'find any {things} by the door'],
  ],
  heldout: [['wanted some {things} from the door', 'want any {things} from the door']],
};

/** "… saw some lamps there." or "… did not see any lamps there.": the negation decides "any" words later. */
export function seeingSentence(d: Derivation, subject: string): void {
  const negative = d.chance('negative', 0.5);
  const [plain, denied] = d.pick('seeing form', SEEING);
  const things = (): void => d.write(`${adjective(d)} ${d.pick('noun', THINGS)}s`);
  d.write(subject);
  if (!negative) {
    d.fill(` ${plain}.`, { things });
    return;
  }
  d.within('negation', 1, () => d.fill(` did not ${denied}`, { things }));
  d.write(' at all.');
}

const TITLES: Pool<string> = {
  train: [
    'the {adjective} {thing}',
    '{a thing} of {town}',
    'the {thing} and the {beast}',
    'the {beast} in the {adjective} {thing}',
  ],
  heldout: ['the {adjective} {beast} and the {thing}', '{a beast} of {town}'],
};

/** A title between underscores, its words the same as outside. */
export function title(d: Derivation, town: string): void {
  const words = {
    adjective: () => d.write(adjective(d)),
    thing: () => d.write(d.pick('noun', THINGS)),
    beast: () => d.write(d.pick('noun', BEASTS)),
    town,
  };
  d.within('title', 1, () => {
    d.write('_');
    d.fill(d.pick('title form', TITLES), words);
  });
  d.write('_');
}

/** Something someone does, in the tense of the document. */
export function deed(d: Derivation, present: boolean): string {
  return inTense(d.pick('deed', DEEDS), present);
}
