/** Dialogue: two people take turns; the register is kept, an answer takes up the thing that was asked for. */
import type { Derivation, Pool } from './derivation.ts';
import { newPerson, once, phrase, thing } from './prose.ts';
import { TOWNS } from './words.ts';

const QUESTIONS: Pool<string> = {
  train: ['where is the {thing} of {town}', 'do you still have the {thing}', 'who took the {thing} from {town}'],
  heldout: ['who has the {thing}', 'do you still have the {thing} from {town}'],
};
const ANSWERS: Pool<string> = {
  train: ['the {thing} is behind ', 'I left the {thing} with ', 'the {thing} is near '],
  heldout: ['I left the {thing} near ', 'the {thing} is with '],
};
const REMARKS: Pool<string> = {
  train: ['I like ', 'we need ', 'there is '],
  heldout: ['we like ', 'I need '],
};

/** Writes one dialogue in the form of a play. */
export function writeDialogue(d: Derivation): void {
  const first = newPerson(d, [], 0);
  const second = newPerson(d, [first], 0);
  const town = once(() => d.pick('town', TOWNS));
  const formal = d.chance('formal', 0.45);
  const lines = d.choose('lines', [5, 6, 7, 8]);
  let asked: string | null = null;
  for (let line = 0; line < lines; line++) {
    const speaker = line % 2 === 0 ? first : second;
    const listener = line % 2 === 0 ? second : first;
    if (line > 0) d.write('\n');
    d.set('turn_second', line % 2);
    d.write(`${speaker.name}: `);
    d.set('dialogue', 1);
    asked = speak(d, { asked, formal, town, listenerFemale: listener.female, last: line === lines - 1 });
  }
}

interface Turn {
  readonly asked: string | null;
  readonly formal: boolean;
  readonly town: () => string;
  readonly listenerFemale: boolean;
  readonly last: boolean;
}

/** One line; returns the thing it asks for, or null. */
function speak(d: Derivation, turn: Turn): string | null {
  if (turn.last) {
    const name = turn.listenerFemale ? 'madam' : 'sir';
    d.write(turn.formal ? `Good day to you, ${name}.` : 'See you soon!');
    return null;
  }
  const question = turn.asked === null && d.chance('question', 0.6);
  d.write(turn.formal ? 'If you please, ' : 'Well, ');
  d.set('formal', turn.formal);
  d.set('reply', turn.asked !== null);
  d.set('question', question);
  const asked = question ? thing(d) : null;
  d.fill(d.pick('turn form', question ? QUESTIONS : turn.asked === null ? REMARKS : ANSWERS), {
    thing: asked ?? turn.asked ?? '',
    town: () => d.write(turn.town()),
  });
  if (!question) phrase(d);
  d.write(turn.formal ? ', I pray' : ', you know');
  d.set('question', 0);
  d.write(question ? '?' : '.');
  d.set('reply', 0);
  return asked;
}
