/** Travel notes that switch between English and a French-like language with agreement in gender. */
import type { Derivation, Pool } from './derivation.ts';
import { adjective, newName, once } from './prose.ts';
import { FRENCH_ADJECTIVES, FRENCH_FEMININE, FRENCH_MASCULINE, FRENCH_NOUNS, TOWNS } from './words.ts';

const ENGLISH: Pool<string> = {
  train: [
    'The {thing} of {name} is {adjective}.',
    'In {town} {name} has {a adjective} {thing}.',
    '{name} sees the {thing} near {town}.',
  ],
  heldout: ['In {town} the {thing} of {name} is {adjective}.', '{name} sees {a adjective} {thing}.'],
};
const FRENCH: Pool<string> = {
  train: [
    '{Le} {noun} chez {name} est {adjective}.',
    'À {town} {name} a {un} {noun} {adjective}.',
    '{name} voit {le} {noun} très {adjective}.',
  ],
  heldout: ['À {town} {le} {noun} chez {name} est {adjective}.', '{name} a {un} {noun} très {adjective}.'],
};

/** Ends each run in words that both languages have, so that the turn is not told by the last word. */
const SIGNATURES = ['Signed', 'Note'] as const;

/** Writes travel notes: runs of sentences in either language. */
export function writeTravels(d: Derivation): void {
  const name = newName(d);
  const town = once(() => d.pick('town', TOWNS));
  let french = d.chance('starts in French', 0.5);
  const runs = d.choose('runs', [2, 3, 4]);
  for (let run = 0; run < runs; run++) {
    if (run > 0) d.write('\n');
    d.write(french ? 'FR: ' : 'EN: ');
    d.set('french', french);
    const sentences = d.choose('sentences', [1, 2, 3]);
    for (let i = 0; i < sentences; i++) {
      if (i > 0) d.write(' ');
      if (french) frenchSentence(d, name, town);
      else englishSentence(d, name, town);
    }
    d.write(` ${d.choose('signature', SIGNATURES)}: ${name}, ${town()}.`);
    d.set('french', 0);
    french = !french;
  }
}

function englishSentence(d: Derivation, name: string, town: () => string): void {
  d.fill(d.pick('English form', ENGLISH), {
    thing: () => d.write(d.pick('noun', FRENCH_NOUNS)),
    adjective: () => d.write(adjective(d)),
    name,
    town: () => d.write(town()),
  });
}

/** The noun's gender shows in the article and, after words that do not show it, in the adjective. */
function frenchSentence(d: Derivation, name: string, town: () => string): void {
  const feminine = d.chance('French gender', 0.5);
  d.fill(d.pick('French form', FRENCH), {
    Le: feminine ? 'La' : 'Le',
    le: feminine ? 'la' : 'le',
    un: feminine ? 'une' : 'un',
    noun: () => {
      d.set('feminine_noun', feminine);
      d.write(d.pick('French noun', feminine ? FRENCH_FEMININE : FRENCH_MASCULINE));
    },
    name,
    town: () => d.write(town()),
    adjective: () => {
      const [masculine, other] = d.pick('French adjective', FRENCH_ADJECTIVES);
      d.set('feminine_noun', 0);
      d.write(feminine ? other : masculine);
    },
  });
}
