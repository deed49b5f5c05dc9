/** Guide-book notes: a number is given, and later a word that its magnitude decides. */
import type { Derivation, Pool } from './derivation.ts';
import { adjective, agreementSentence, newName, once } from './prose.ts';
import { THINGS, TOWNS } from './words.ts';

const FORMS: Pool<string> = {
  train: [
    'The {what} of {town} is {number}metres long, and by the {adjective} {thing} it looks {size}.',
    'There are {number}steps to the {what}; {name} calls it {size}.',
    'With {number}stones the {what} near the {thing} of {name} is {size}.',
  ],
  heldout: [
    'There are {number}stones by the {what} of {town}, and near the {thing} it looks {size}.',
    'With {number}steps to the {thing} the {what} is {size}.',
  ],
};
const BUILDINGS = ['bridge', 'tower', 'wall', 'road', 'tunnel'] as const;
const SIZES = ['tiny', 'modest', 'vast', 'endless'] as const;

/** Writes a few notes about the buildings of a town. */
export function writeMeasures(d: Derivation): void {
  const town = once(() => d.pick('town', TOWNS));
  const name = once(() => newName(d));
  const notes = d.choose('notes', [2, 3, 4]);
  for (let note = 0; note < notes; note++) {
    if (note > 0) d.write(' ');
    if (d.chance('aside', 0.35)) {
      agreementSentence(d, name, true);
      continue;
    }
    const magnitude = d.choose('magnitude', [1, 2, 3, 4]);
    d.fill(d.pick('measure form', FORMS), {
      what: () => d.write(d.choose('building', BUILDINGS)),
      town: () => d.write(town()),
      name: () => d.write(name()),
      adjective: () => d.write(adjective(d)),
      thing: () => d.write(d.pick('noun', THINGS)),
      number: () => {
        d.write(writtenNumber(d, magnitude));
        d.set('magnitude', magnitude);
      },
      size: () => {
        d.set('magnitude', 0);
        d.write(SIZES[magnitude - 1]!);
      },
    });
  }
}

/** A number of so many digits, with the space after it, which belongs to the number's end. */
function writtenNumber(d: Derivation, digits: number): string {
  let number = d.choose('digit', digits === 1 ? SEVERAL : NON_ZERO);
  for (let i = 1; i < digits; i++) number += d.choose('digit', ALL);
  return `${number} `;
}

const NON_ZERO = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;
const SEVERAL = ['2', '3', '4', '5', '6', '7', '8', '9'] as const;
const ALL = ['0', ...NON_ZERO] as const;
