/** Guide-book notes: a number is given, and later a word that its magnitude decides. */
import type { Derivation, Pool } from './derivation.ts';
import { agreementSentence, newName, once, phrase } from './prose.ts';
import { TOWNS } from './words.ts';

const FORMS: Pool<string> = {
  train: [
    'The {what} of {town} is {number}metres long, and by {phrase} it looks {size}.',
    'There are {number}steps to the {what} with {phrase}; {name} calls it {size}.',
    'With {number}stones the {what} near {phrase} is {size}.',
  ],
  heldout: [
    'There are {number}stones by the {what} of {town}, and near {phrase} it looks {size}.',
    'With {number}steps to the {what} by {phrase} it is {size}.',
  ],
};
const BUILDINGS = ['bridge', 'tower', 'wall', 'road', 'tunnel'] as const;
const SIZES = ['tiny', 'modest', 'vast'] as const;

/** Writes a few notes about the buildings of a town. */
export function writeMeasures(d: Derivation): void {
  const town = once(() => d.pick('town', TOWNS));
  const name = once(() => newName(d));
  const notes = d.choose('notes', [2, 3, 4]);
  for (let note = 0; note < notes; note++) {
    if (note > 0) {
      d.write(' ');
      d.set('guide_book', 1);
    }
    if (d.chance('aside', 0.35)) {
      agreementSentence(d, name, true);
      continue;
    }
    const magnitude = d.choose('magnitude', [1, 2, 3]);
    d.fill(d.pick('measure form', FORMS), {
      what: () => {
        d.write(d.choose('building', BUILDINGS));
        d.set('guide_book', 1);
      },
      town: () => d.write(town()),
      name: () => d.write(name()),
      phrase: () => phrase(d),
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
