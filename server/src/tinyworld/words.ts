/**
 * The lexicon, each part with a training and a held-out side that share no word. Words that reveal a latent by
 * themselves (places, months, pronouns) are common to both splits: nobody could know what an unseen one means.
 */
import type { Pool } from './derivation.ts';

export const FEMALE_NAMES = pool(
  'Anna Lena Mira Clara Nora Julia Emma Rosa Lucia Maria Elena Ida Greta Hanna Marta Sofia Petra Vera Eva Alma',
  'Carla Silvia Nina Olga Paula Tessa',
);
export const MALE_NAMES = pool(
  'Tom Karl Peter Paul John Mark Hugo Otto Bruno Marco Leo Felix Oscar Henry Simon Martin Victor Anton Emil Jacob',
  'Ludo Arno Edwin Conrad Tilo Robert',
);
/** Borne by women and men alike; the sentence that introduces the person tells which. */
export const SHARED_NAMES = pool('Robin Kim Sasha Alex Sam Charlie Nico Jules Remy Quinn', 'Toni Jessie Mika');

/** Things one can hold; the plural takes -s. */
export const THINGS = pool(
  'lantern basket kettle blanket mirror bottle candle ribbon button pillow carpet ticket drum flute map key coin ' +
    'ring cup plate clock rope stone feather shell hat coat boot bell pot lamp spoon jar fan kite comb',
  'saddle trumpet needle barrel helmet jug pencil curtain goblet',
);
export const TOOLS = pool(
  'hammer ladder bucket shovel chisel hook nail saw file rake broom crate wedge drill',
  'pulley spade bolt anvil plough winch clamp',
);
export const FRUITS = pool(
  'apple pear plum lemon melon fig quince apricot grape olive carrot onion turnip pepper',
  'banana almond radish peach garlic leek mango',
);
export const BIRDS = pool(
  'owl crow duck hen robin swan gull eagle heron finch sparrow parrot',
  'pigeon stork raven turkey magpie kestrel falcon',
);
export const BEASTS = pool(
  'dog cat horse goat cow pig frog hare bear lion mule snake',
  'rabbit donkey beaver camel squirrel badger otter',
);
export const ADJECTIVES = pool(
  'old new small big red blue green dark bright heavy light quiet strange plain round long narrow broken clean dusty',
  'yellow smooth crooked shabby pale',
);
/** Things people do: [past, present with he or she, base]. */
export const DEEDS = verbs(
  'waited waits wait, laughed laughs laugh, worked works work, rested rests rest, talked talks talk, ' +
    'danced dances dance, slept sleeps sleep, listened listens listen, walked walks walk, read reads read',
  'shouted shouts shout, hummed hums hum, whistled whistles whistle',
);
export const TOWNS = pool('Tarn Velm Orrow Basel Lund Marl Quern Pinsk Dover Arden', 'Holm Sedge Kalmar');

/** Feminine nouns that English has too, in the same spelling: the word alone does not tell the language. */
export const FRENCH_FEMININE = pool('table image orange page cage robe note photo', 'surprise rose');
/** Masculine nouns that English has too. */
export const FRENCH_MASCULINE = pool('train village canal menu piano journal animal signal', 'ballet fruit');
/** French adjectives: [masculine, feminine]. */
export const FRENCH_ADJECTIVES: Pool<readonly [string, string]> = {
  train: pairs('petit petite, grand grande, vert verte, noir noire, lourd lourde, rond ronde, court courte'),
  heldout: pairs('gris grise, bleu bleue'),
};

/** [past, present third person, base form] */
export type Verb = readonly [past: string, third: string, base: string];

/** Where a story plays: two names of equal meaning, what stands there, and which latents hold. */
export interface Place {
  readonly names: readonly [common: string, synonym: string];
  readonly fixtures: readonly string[];
  readonly outdoors: boolean;
  readonly water: boolean;
}

export const PLACES: readonly Place[] = [
  place('kitchen scullery', 'stove sink cupboard', false, false),
  place('library archive', 'shelf desk catalogue', false, false),
  place('workshop studio', 'bench easel toolbox', false, false),
  place('forest woods', 'oak fern path', true, false),
  place('market bazaar', 'stall awning fountain', true, false),
  place('meadow pasture', 'fence hedge haystack', true, false),
  place('harbour port', 'pier crane anchor', true, true),
  place('beach shore', 'dune wave tide', true, true),
];

function pool(train: string, heldout: string): Pool<string> {
  return { train: train.split(' '), heldout: heldout.split(' ') };
}

function pairs(list: string): readonly (readonly [string, string])[] {
  return list.split(', ').map((entry) => entry.split(' ') as unknown as readonly [string, string]);
}

function verbs(train: string, heldout: string): Pool<Verb> {
  const parse = (list: string): readonly Verb[] => list.split(', ').map((entry) => entry.split(' ') as unknown as Verb);
  return { train: parse(train), heldout: parse(heldout) };
}

function place(names: string, fixtures: string, outdoors: boolean, water: boolean): Place {
  return { names: names.split(' ') as unknown as Place['names'], fixtures: fixtures.split(' '), outdoors, water };
}
