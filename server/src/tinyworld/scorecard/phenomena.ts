/**
 * Places where the generator's own choices or latents settle how the text goes on: what stands there, and what would
 * stand there had the latent another value. Accuracy is the share of places where the right word is preferred.
 */
import type { LatentName } from '../latents.ts';
import { MONTHS, SEASONS, WEEKDAYS } from '../latents.ts';
import type { DocumentKind, TinyworldDocument } from '../sample.ts';
import { latentAt } from '../sample.ts';
import { FRENCH_ADJECTIVES } from '../words.ts';

export interface Phenomenon {
  readonly name: string;
  readonly latent: LatentName;
  readonly kinds: readonly DocumentKind[] | null;
  /** Matches the settled words alone. */
  readonly pattern: RegExp;
  /** What else could stand there; null where any other token is wrong. */
  readonly others: ((found: string, text: string) => readonly string[]) | null;
  readonly where?: (document: TinyworldDocument, offset: number) => boolean;
}

const among =
  (...words: readonly string[]) =>
  (found: string): readonly string[] =>
    words.filter((word) => word !== found);

const VERB = /(?<=The \w+ (?:near|behind|beside) the [^.;\n]* )(?:is|are|was|were)(?= \w+\.)/g;
const SWAPPED: Readonly<Record<string, string>> = { is: 'are', are: 'is', was: 'were', were: 'was' };
const GENDERED = [...FRENCH_ADJECTIVES.train, ...FRENCH_ADJECTIVES.heldout];

/** Every phenomenon that is measured. */
export const PHENOMENA: readonly Phenomenon[] = [
  entry(
    'pronoun of the person last named',
    'focus_female',
    ['story'],
    /(?<!" )\b(?:[Ss]he|[Hh]e)\b(?= (?!said|asked))/g,
    (found) => [({ She: 'He', He: 'She', she: 'he', he: 'she' } as Record<string, string>)[found]!],
  ),
  entry('pronoun of the speaker', 'speaker_female', ['story'], /(?<=" )(?:She|He)\b/g, among('She', 'He')),
  entry(
    'who is looked at after speaking',
    'speaker_first',
    ['story'],
    /(?<=" (?:She|He) looke?[ds]? at )\w+/g,
    otherPerson,
  ),
  entry('question mark', 'question', ['story'], /(?<=\w)[.?](?=")/g, among('.', '?')),
  entry('verb agreement', 'subject_plural', null, VERB, (found) => [SWAPPED[found]!]),
  entry(
    'verb agreement past an attractor',
    'attractor',
    null,
    VERB,
    (found) => [SWAPPED[found]!],
    (document, offset) => latentAt(document, 'attractor', offset - 2) === 1,
  ),
  entry('owner of the gift', 'holder_first', ['story'], /(?<=belong(?:ed|s) to )\w+/g, otherPerson),
  entry(
    'ending of the mood',
    'sad_mood',
    ['story'],
    /(?<=, and )(?:nobody|everybody)\b/g,
    among('nobody', 'everybody'),
  ),
  entry('news of the mood', 'sad_mood', ['letter'], /(?<=man who )(?:can|will)\b/g, among('can', 'will')),
  entry('clothes for the weather', 'raining', ['story'], /\b(?:raincoat|sunhat)\b/g, among('raincoat', 'sunhat')),
  entry(
    'who dresses so: indoors or out',
    'outdoors',
    ['story'],
    /(?<=, as )(?:sailors|farmers|clerks)\b/g,
    among('sailors', 'farmers', 'clerks'),
  ),
  entry(
    'who dresses so: by the sea',
    'near_water',
    ['story'],
    /(?<=, as )(?:sailors|farmers)\b/g,
    among('sailors', 'farmers'),
  ),
  entry('tense', 'present_tense', ['story'], /\bbelong(?:ed|s)\b/g, among('belonged', 'belongs')),
  entry('“at all” after a negation', 'negation', null, /(?<=\w )(?:there|at all)(?=\.)/g, among('there', 'at all')),
  entry('“then” after an “if”', 'conditional', ['story'], /(?<=If [^,.]*, )then\b/g, null),
  entry('end of a title or an aside', 'title', ['story', 'letter', 'list'], /(?<=\w)[_)](?=[. ;])/g, among('_', ')')),
  entry('number of the next item', 'list_position', ['list'], /(?<=\n)\d(?=\. )/g, among('1', '2', '3', '4')),
  entry('end of the list', 'last_item', ['list'], /(?<=\w|\))[;.](?=\n|$)/g, among(';', '.')),
  entry('whose turn it is', 'turn_second', ['dialogue'], /(?<=\n)\w+(?=: )/g, otherSpeaker),
  entry('parting words', 'formal', ['dialogue'], /(?<=: )(?:Good|See)(?= (?:day to|you soon))/g, among('Good', 'See')),
  entry('closing of a letter', 'formal', ['letter'], /(?<=\n\n)(?:Yours|Love)\b/g, among('Yours', 'Love')),
  entry(
    'whom the letter is to',
    'recipient_female',
    ['letter'],
    /(?<=You are a )(?:woman|man)\b/g,
    among('woman', 'man'),
  ),
  entry(
    'season of the month',
    'season',
    ['letter'],
    /(?<=, and )(?:winter|spring|summer|autumn)(?= is here)/g,
    among(...SEASONS),
  ),
  entry('month of the next day', 'season', ['diary'], /(?<=\n\n\w+, \d+ )[A-Z]\w+/g, among(...MONTHS)),
  entry('next day of the week', 'weekend', ['diary'], /(?<=\n\n)\w+day(?=, )/g, among(...WEEKDAYS)),
  entry('rest at the weekend', 'weekend', ['diary'], /\b(?:No work|Back to)\b/g, among('No work', 'Back to')),
  entry('vehicle of the century', 'old_century', ['diary'], /\b(?:carriage|motor)\b/g, among('carriage', 'motor')),
  entry('kind of closing bracket', 'square_bracket', ['code'], /[)\]]/g, among(')', ']')),
  entry(
    'end of a string or a comment',
    'code_string',
    ['code'],
    /(?<="[^"\n]*\w)"|(?<=# [^\n]*\w)\n/g,
    among('"', '\n'),
  ),
  entry('operation of the variable’s type', 'text_variable', ['code'], /(?<=\w\[\d\])(?:\.| \+)/g, among('.', ' +')),
  entry('language of the next line', 'french', ['travels'], /(?<=\n)(?:FR|EN)(?=: )/g, among('FR', 'EN')),
  entry('gender of a French adjective', 'feminine_noun', ['travels'], /(?<=(?:très|est) )[a-z]+(?=\.)/g, otherGender),
  entry('words of a repeated chant', 'repetition', ['chant'], /(?<=\/ \w+ )\w+/g, null),
  entry(
    'what the number looks like',
    'magnitude',
    ['measures'],
    /\b(?:tiny|modest|vast)(?=\.)/g,
    among('tiny', 'modest', 'vast'),
  ),
];

/** A settled place of a document: what is there, and the same text with the other words. */
export interface Place {
  readonly phenomenon: number;
  readonly offset: number;
  /** Texts of the alternatives; null where any other token is wrong. */
  readonly others: readonly string[] | null;
}

/** Every settled place of a document. */
export function settledPlaces(document: TinyworldDocument): Place[] {
  const { text, kind } = document;
  return PHENOMENA.flatMap(({ kinds, pattern, others, where }, phenomenon) => {
    if (kinds && !kinds.includes(kind)) return [];
    return [...text.matchAll(pattern)].flatMap((match): Place[] => {
      const [found] = match;
      const offset = match.index;
      if (found === '' || (where && !where(document, offset))) return [];
      const words = others?.(found, text) ?? null;
      if (words?.length === 0) return [];
      const texts = words?.map((word) => text.slice(0, offset) + word + text.slice(offset + found.length)) ?? null;
      return [{ phenomenon, offset, others: texts }];
    });
  });
}

function entry(
  name: string,
  latent: LatentName,
  kinds: readonly DocumentKind[] | null,
  pattern: RegExp,
  others: Phenomenon['others'],
  where?: Phenomenon['where'],
): Phenomenon {
  return { name, latent, kinds, pattern, others, ...(where ? { where } : {}) };
}

/** The story's other person. */
function otherPerson(found: string, text: string): readonly string[] {
  const first = /^(?:One morning|In the evening|One evening) (\w+)/.exec(text)?.[1];
  const second = / There s?he (?:met|meets) (\w+)/.exec(text)?.[1];
  return [first, second].filter((name): name is string => name !== undefined && name !== found);
}

function otherSpeaker(found: string, text: string): readonly string[] {
  const names = [...text.matchAll(/(?:^|\n)(\w+): /g)].map(([, name]) => name!);
  return [...new Set(names)].filter((name) => name !== found);
}

function otherGender(found: string): readonly string[] {
  return GENDERED.flatMap(([masculine, feminine]) =>
    masculine === found ? [feminine] : feminine === found ? [masculine] : [],
  );
}
