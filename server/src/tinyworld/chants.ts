/** Chants: a sequence of random words that is repeated exactly; only looking back tells how it goes on. */
import type { Derivation, Pool } from './derivation.ts';
import { newName } from './prose.ts';
import { ADJECTIVES, BEASTS, BIRDS, FRUITS, THINGS, TOOLS } from './words.ts';

const FRAMES: Pool<string> = {
  train: ['{name} sang: ', 'The secret words of {name}: ', 'Say it with {name}: '],
  heldout: ['The words {name} sang: '],
};

const CLASSES = [ADJECTIVES, BEASTS, BIRDS, FRUITS, THINGS, TOOLS];
const WORDS: Pool<string> = {
  train: CLASSES.flatMap(({ train }) => train),
  heldout: CLASSES.flatMap(({ heldout }) => heldout),
  coin: (stem) => stem,
};

/** Writes a chant two to four times, now and then two chants. */
export function writeChant(d: Derivation): void {
  const chants = d.choose('chants', [1, 2]);
  for (let i = 0; i < chants; i++) {
    if (i > 0) d.write('\n\n');
    const singer = newName(d);
    const length = d.choose('chant length', [4, 5, 6, 7, 8, 9]);
    const words = Array.from({ length }, () => '');
    d.fill(d.pick('chant frame', FRAMES), { name: singer });
    d.set('random_sequence', 1);
    for (let at = 0; at < length; at++) {
      words[at] = d.pick('chant word', WORDS);
      d.write(at === 0 ? words[at]! : ` ${words[at]!}`);
    }
    const copies = d.choose('copies', chants === 1 ? [2, 3, 4] : [2, 3]);
    for (let copy = 1; copy < copies; copy++) {
      d.write(' /');
      d.set('repetition', 1);
      d.write(` ${words.join(' ')}`);
    }
    d.set('repetition', 0);
    d.set('random_sequence', 0);
    d.write('.');
  }
}
