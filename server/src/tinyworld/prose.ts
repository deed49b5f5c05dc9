/** What the document kinds share: people, verbs in agreement, and sentences that stand anywhere in prose. */
import type { Derivation, Pool } from './derivation.ts';
import type { LatentName } from './latents.ts';
import {
  ADJECTIVES,
  BEASTS,
  BIRDS,
  DEEDS,
  FEMALE_NAMES,
  GLAD_ADJECTIVES,
  INDOOR_THINGS,
  known,
  MALE_NAMES,
  OUTDOOR_THINGS,
  SAD_ADJECTIVES,
  SEASIDE_THINGS,
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

/** An adjective, other than those excluded; a mood has its own. */
export function adjective(d: Derivation, without: readonly string[] = []): string {
  const pool = d.get('sad_mood') ? SAD_ADJECTIVES : d.get('glad_mood') ? GLAD_ADJECTIVES : ADJECTIVES;
  return d.pick('adjective', pool, without);
}

/** A thing, other than those excluded; a place has its own. */
export function thing(d: Derivation, without: readonly string[] = []): string {
  const outside = d.get('near_water') ? SEASIDE_THINGS : OUTDOOR_THINGS;
  const pool = d.get('outdoors') ? outside : d.get('indoors') ? INDOOR_THINGS : THINGS;
  return d.pick('noun', pool, without);
}

const PHRASES: Pool<string> = {
  train: [
    'the {adjective} {noun}',
    '{a adjective} {noun} {near} the {other}',
    'the {noun} {near} the {adjective} {other}',
    'my {noun} {near} the {adjective} {other}',
  ],
  heldout: ['the {adjective} {noun} {near} the {other}', 'my {adjective} {noun} {near} the {other}'],
};

const RELATIONS = ['near', 'by', 'with', 'under', 'behind', 'beside'] as const;

/** How things lie to one another, by where that is said, innermost first: two relations each, each shared by several. */
const RELATIONS_OF: readonly (readonly [LatentName, readonly (typeof RELATIONS)[number][]])[] = [
  ['title', ['with', 'under']],
  ['parenthesis', ['by', 'under']],
  ['code_string', ['by', 'behind']],
  ['code_comment', ['near', 'beside']],
  ['quotation', ['near', 'with']],
  ['negation', ['with', 'behind']],
  ['conditional', ['under', 'beside']],
  ['reply', ['with', 'beside']],
  ['dialogue', ['under', 'behind']],
  ['list_item', ['near', 'by']],
  ['letter_body', ['near', 'behind']],
  ['diary', ['with', 'by']],
  ['guide_book', ['by', 'beside']],
];

/**
 * Things and how they lie to one another, without an end that could be foreseen. The same words are spoken, written in
 * titles, brackets, comments, lists and letters: only what came before tells where one is, and so how the phrase ends.
 */
export function phrase(d: Derivation): void {
  const relations = RELATIONS_OF.find(([latent]) => d.get(latent) > 0)?.[1] ?? RELATIONS;
  one();
  while (d.chance('phrase goes on', 0.35)) {
    d.write(' and ');
    one();
  }

  function one(): void {
    const noun = (): void => d.write(thing(d));
    const near = (): void => d.write(d.choose('relation', relations));
    d.fill(d.pick('phrase form', PHRASES), { ...adjectiveSlots(d), noun, near, other: noun });
  }
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
    d.write(`${thing(d)}${many ? 's' : ''}`);
    if (many !== plural) d.set('attractor', 1);
  };
  d.fill(d.pick('agreement form', AGREEMENT), {
    subject: () => {
      d.set('subject_pending', 1);
      d.set('subject_plural', plural);
      d.write(noun(d.chance('subject bird', 0.4) ? known(BIRDS) : BEASTS, plural));
    },
    adjective: () => d.write(adjective(d)),
    name: () => d.write(name()),
    other: between,
    thing: () => d.write(`${thing(d)}${d.chance('attractor number', 0.5) ? 's' : ''}`),
    be: () => {
      for (const latent of ['subject_pending', 'subject_plural', 'attractor'] as const) d.set(latent, 0);
      d.write(be(plural, present));
    },
    quality: () => d.write(adjective(d)),
  });
}

const SEEING: Pool<readonly [affirmative: string, negative: string]> = {
  train: [
    ['saw', 'see'],
    ['found', 'find'],
  ],
  heldout: [['wanted', 'want']],
};

/** "… saw the lamp there." or "… did not see the lamp at all.": the negation decides how it ends, words later. */
export function seeingSentence(d: Derivation, subject: string): void {
  const negative = d.chance('negative', 0.5);
  const [plain, denied] = d.pick('seeing form', SEEING);
  d.write(subject);
  if (!negative) {
    d.write(` ${plain} `);
    phrase(d);
    d.write(' there.');
    return;
  }
  d.within('negation', 1, () => {
    d.write(` did not ${denied} `);
    phrase(d);
  });
  d.write(' at all.');
}

/** A title between underscores, its words the same as outside. */
export function title(d: Derivation): void {
  d.within('title', 1, () => {
    d.write('_');
    phrase(d);
  });
  d.write('_');
}

/** Something said aside, in round brackets. */
export function aside(d: Derivation): void {
  d.within('parenthesis', 1, () => {
    d.write(d.pick('aside form', ASIDES));
    phrase(d);
  });
  d.write(')');
}

const ASIDES: Pool<string> = { train: ['(like ', '(not ', '(as good as '], heldout: ['(not like ', '(as good as '] };

/** Something someone does, in the tense of the document. */
export function deed(d: Derivation, present: boolean): string {
  return inTense(d.pick('deed', DEEDS), present);
}
