/**
 * The lexicon, each part with a training and a held-out side that share no word. Classes with `coin` also take words
 * coined on the spot, so that unknown words are nothing unusual: held-out ones are unknown, but not strange. Words that
 * reveal a latent by themselves (places, months, pronouns) are common to both splits.
 */
import type { Pool } from './derivation.ts';

const same = (stem: string): string => stem;

/** Names end as their bearers do: women's in -a, men's in -o, those of either in -i; so do coined and held-out ones. */
export const FEMALE_NAMES = pool(
  'Anna Lena Mira Clara Nora Julia Emma Rosa Lucia Maria Elena Ida Greta Hanna Marta Sofia',
  'Carla Silvia Nina Olga Paula Tessa Bianca Monica',
  (stem) => `${capital(stem)}a`,
);
export const MALE_NAMES = pool(
  'Hugo Otto Bruno Marco Leo Paolo Pedro Mario Dario Enzo Franco Livio Nino Rocco Sandro Tito',
  'Ludo Arno Tilo Guido Alvaro Mauro',
  (stem) => `${capital(stem)}o`,
);
/** Borne by women and men alike; the sentence that introduces the person tells which. */
export const SHARED_NAMES = pool('Robi Kimi Sashi Ali Sami Charli', 'Toni Jessi Miki', (stem) => `${capital(stem)}i`);

/** Things one can hold, by where they are met; the plural takes -s. */
export const INDOOR_THINGS = pool(
  'blanket mirror candle pillow carpet clock cup plate pot spoon jar comb',
  'curtain pencil goblet quilt vase stool napkin inkwell broomstick hourglass',
  same,
);
export const OUTDOOR_THINGS = pool(
  'basket drum flute map stone feather hat coat boot kite ticket fan',
  'harness trumpet casket umbrella whip scarf parcel postcard lasso sunshade',
  same,
);
export const SEASIDE_THINGS = pool(
  'shell bottle bell ring key lamp rope lantern coin button',
  'helmet jug thimble whistle compass oar bracelet driftwood knife flask',
  same,
);
export const THINGS: Pool<string> = {
  train: [...INDOOR_THINGS.train, ...OUTDOOR_THINGS.train, ...SEASIDE_THINGS.train],
  heldout: [...INDOOR_THINGS.heldout, ...OUTDOOR_THINGS.heldout, ...SEASIDE_THINGS.heldout],
  coin: same,
};
export const TOOLS = pool(
  'hammer ladder bucket shovel chisel hook nail saw file rake',
  'trowel spade bolt anvil plough winch',
  same,
);
export const FRUITS = pool(
  'apple pear plum lemon melon fig quince grape olive carrot',
  'banana almond radish peach garlic leek',
  same,
);
export const BIRDS = pool(
  'owl crow duck hen robin swan gull eagle heron finch',
  'pigeon stork raven thrush magpie kestrel',
  same,
);
export const BEASTS = pool(
  'dog cat horse goat cow pig frog hare bear lion',
  'ferret walrus hedgehog antelope squirrel badger',
  same,
);
/** Adjectives of glad texts, of sad texts; all of them where there is no mood. */
export const GLAD_ADJECTIVES = pool(
  'bright new clean green light round red big',
  'golden smooth purple fresh cosy fine tidy',
  same,
);
export const SAD_ADJECTIVES = pool(
  'dark old dusty broken heavy narrow strange small',
  'crooked shabby grim rough foul drab bleak',
  same,
);
export const ADJECTIVES: Pool<string> = {
  train: [...GLAD_ADJECTIVES.train, ...SAD_ADJECTIVES.train],
  heldout: [...GLAD_ADJECTIVES.heldout, ...SAD_ADJECTIVES.heldout],
  coin: same,
};
/** Things people do: [past, present with he or she, base]. */
export const DEEDS: Pool<Verb> = {
  train: verbs(
    'waited waits wait, laughed laughs laugh, worked works work, rested rests rest, talked talks talk, ' +
      'danced dances dance, walked walks walk, listened listens listen',
  ),
  heldout: verbs('shouted shouts shout, hummed hums hum, whistled whistles whistle'),
  coin: (stem) => [`${stem}ned`, `${stem}ns`, `${stem}n`],
};
export const TOWNS = pool(
  'Tarn Velm Orrow Basel Lund Marl Quern Pinsk',
  'Holm Sedge Kalmar Utrecht Prague Ghent',
  (stem) => capital(stem),
);

/** Feminine nouns that English has too, in the same spelling: the word alone does not tell the language. */
export const FRENCH_FEMININE = pool(
  'table image orange page cage robe note photo',
  'surprise rose phrase caravane',
  same,
);
/** Masculine nouns that English has too. */
export const FRENCH_MASCULINE = pool(
  'train village canal menu piano journal animal signal',
  'ballet fruit carnet moment',
  same,
);
export const FRENCH_NOUNS: Pool<string> = {
  train: [...FRENCH_FEMININE.train, ...FRENCH_MASCULINE.train],
  heldout: [...FRENCH_FEMININE.heldout, ...FRENCH_MASCULINE.heldout],
  coin: same,
};
/** French adjectives: [masculine, feminine]. */
export const FRENCH_ADJECTIVES: Pool<readonly [string, string]> = {
  train: pairs('petit petite, grand grande, vert verte, noir noire, lourd lourde, rond ronde, court courte'),
  heldout: pairs('gris grise, bleu bleue'),
  coin: (stem) => [`${stem}t`, `${stem}te`],
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

/** The same class without coined words: where the class could not be told from a coined one. */
export function known<T>({ train, heldout }: Pool<T>): Pool<T> {
  return { train, heldout };
}

function pool(train: string, heldout: string, coin: (stem: string) => string): Pool<string> {
  return { train: train.split(' '), heldout: heldout.split(' '), coin };
}

function pairs(list: string): readonly (readonly [string, string])[] {
  return list.split(', ').map((entry) => entry.split(' ') as unknown as readonly [string, string]);
}

function verbs(list: string): readonly Verb[] {
  return list.split(', ').map((entry) => entry.split(' ') as unknown as Verb);
}

function place(names: string, fixtures: string, outdoors: boolean, water: boolean): Place {
  return { names: names.split(' ') as unknown as Place['names'], fixtures: fixtures.split(' '), outdoors, water };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
