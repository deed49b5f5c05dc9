/**
 * What the generator knows about every character of its text. A latent has value 0 where it does not hold; binary
 * latents are 1 where they do, ordinal and circular ones count from 1. A token has the value at its last character:
 * what a reader can know once the token is read. Every latent but `place_synonym` decides some later token.
 */

/** How a latent's values relate: yes or no; small < large; or a ring on which the last is next to the first. */
export type LatentKind = 'binary' | 'ordinal' | 'circular';

/** One latent variable, described so that a newcomer understands a feature labelled with it. */
export interface Latent {
  readonly name: string;
  readonly kind: LatentKind;
  /** Largest value: 1 for binary; the number of values for ordinal and circular. */
  readonly values: number;
  readonly description: string;
  /** What the values 1…n are called; absent for binary latents. */
  readonly valueNames?: readonly string[];
  /** The latent that holds wherever this one does: a hierarchical pair. */
  readonly parent?: string;
  /** A latent that is likelier where this one holds: a correlated pair. */
  readonly correlates?: string;
  /** True when no later token depends on it although an input cue reveals it. */
  readonly unused?: true;
}

export const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June',
  'July', 'August', 'September', 'October', 'November', 'December',
] as const; // biome-ignore format: a calendar reads best in two lines

export const SEASONS = ['winter', 'spring', 'summer', 'autumn'] as const;

export const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** Every latent variable of the language, in a fixed order. */
export const LATENTS = [
  binary('story', 'a story is being told'),
  binary('quotation', 'inside quotation marks, someone is speaking', { parent: 'story' }),
  binary('speaker_female', 'the person speaking in the quotation is a woman', { parent: 'quotation' }),
  binary('speaker_first', 'the speaker is the character the story named first', { parent: 'quotation' }),
  binary('question', 'inside a sentence that will end in a question mark'),
  binary('subject_pending', 'a subject is waiting for its verb'),
  binary('subject_plural', 'the subject waiting for its verb is plural', { parent: 'subject_pending' }),
  binary('attractor', 'a noun of the other number has come between the subject and its verb', {
    parent: 'subject_pending',
  }),
  binary('focus_female', 'the character last spoken about is a woman or girl'),
  binary('holder_first', 'the gift is now with the character the story named first'),
  binary('sad_mood', 'a sad story or letter', { correlates: 'raining' }),
  binary('glad_mood', 'a glad story or letter'),
  binary('raining', 'it rains in this story', { correlates: 'sad_mood' }),
  binary('indoors', 'the story plays indoors', { parent: 'story' }),
  binary('outdoors', 'the story plays outdoors'),
  binary('near_water', 'the story plays by the sea', { parent: 'outdoors' }),
  binary('place_synonym', 'the place was named by the rarer of two words of equal meaning (woods, not forest)', {
    unused: true,
  }),
  binary('present_tense', 'a story told in the present tense'),
  binary('negation', 'inside "did not …", so that "at all" must follow'),
  binary('conditional', 'an "if" is open and its "then" is still to come'),
  binary('title', 'inside the title of a book or song'),
  binary('parenthesis', 'inside round brackets in ordinary text'),
  binary('list_item', 'inside an item of a list'),
  ordinal('list_position', 4, 'which item of the list this is', count('item'), { parent: 'list_item' }),
  binary('last_item', 'the last item the list has announced', { parent: 'list_item' }),
  binary('list_animals', 'a list of animals'),
  binary('list_birds', 'a list of birds', { parent: 'list_animals' }),
  binary('dialogue', 'a conversation, written like a play'),
  binary('turn_second', 'the second of two speakers has the turn', { parent: 'dialogue' }),
  binary('reply', 'an answer to a question that was asked the line before'),
  binary('formal', 'polite, formal language'),
  binary('letter_body', 'between the greeting and the closing of a letter'),
  binary('recipient_female', 'the letter is to a woman', { parent: 'letter_body' }),
  circular('season', 4, 'the season of the date above', SEASONS),
  binary('diary', 'a diary'),
  binary('weekend', 'this diary entry is of a Saturday or Sunday', { parent: 'diary' }),
  binary('old_century', 'the diary is of the nineteenth century', { parent: 'diary' }),
  binary('code', 'program code'),
  ordinal('bracket_depth', 3, 'how many brackets are open in code', count('open bracket'), { parent: 'code' }),
  binary('square_bracket', 'the innermost open bracket in code is a square one', { parent: 'bracket_depth' }),
  binary('code_string', 'inside a string in code', { parent: 'code' }),
  binary('code_comment', 'inside a comment in code', { parent: 'code' }),
  binary('loop_body', 'inside the body of a loop', { parent: 'code' }),
  binary('text_variable', 'this variable holds text, not a number', { parent: 'code' }),
  binary('french', 'French'),
  binary('feminine_noun', 'the French noun in question is feminine', { parent: 'french' }),
  binary('random_sequence', 'inside a chant of random words'),
  binary('repetition', 'inside the second or a later copy of a chant', { parent: 'random_sequence' }),
  binary('guide_book', 'a guide book that describes a town'),
  ordinal('magnitude', 3, 'how large the number just given is', ['ones', 'tens', 'hundreds']),
] as const satisfies readonly Latent[];

export type LatentName = (typeof LATENTS)[number]['name'];

type Relations = Pick<Latent, 'parent' | 'correlates' | 'unused'>;

function binary<N extends string>(name: N, description: string, relations: Relations = {}) {
  return { name, kind: 'binary', values: 1, description, ...relations } as const;
}

function ordinal<N extends string>(
  name: N,
  values: number,
  description: string,
  valueNames: readonly string[],
  relations: Relations = {},
) {
  return { name, kind: 'ordinal', values, description, valueNames, ...relations } as const;
}

function circular<N extends string>(name: N, values: number, description: string, valueNames: readonly string[]) {
  return { name, kind: 'circular', values, description, valueNames } as const;
}

function count(noun: string): readonly string[] {
  return ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'].map((word) => `${word} ${noun}`);
}
