/** Dialogue: two people take turns; the register is kept, an answer takes up the thing that was asked for. */
import type { Derivation, Pool } from './derivation.ts';
import { adjectiveSlots, newPerson, once } from './prose.ts';
import { THINGS, TOWNS } from './words.ts';

const QUESTIONS: Pool<string> = {
  train: ['where is the {adjective} {thing}', 'do you still have the {thing}', 'who took the {thing} from {town}'],
  heldout: ['who has the {adjective} {thing}', 'do you still have the {thing} from {town}'],
};
const ANSWERS: Pool<string> = {
  train: [
    'the {thing} is behind the {adjective} {other}',
    'I left the {thing} in {town}',
    'my {other} is near the {thing}',
  ],
  heldout: ['the {thing} is near my {other} in {town}', 'I left the {thing} behind the {adjective} {other}'],
};
const REMARKS: Pool<string> = {
  train: [
    'I like the {adjective} {thing}',
    'the {thing} is {adjective} and {adjective2}',
    'we need {a thing} in {town}',
  ],
  heldout: ['I like the {thing} from {town}', 'we need {a adjective} {thing}'],
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
  const thing = turn.asked ?? d.pick('noun', THINGS);
  d.write(turn.formal ? 'If you please, ' : 'Well, ');
  d.set('formal', turn.formal);
  const pool = question ? QUESTIONS : turn.asked === null ? REMARKS : ANSWERS;
  d.set('reply', turn.asked !== null);
  const template = d.pick('turn form', pool);
  d.set('question', question);
  d.fill(template, {
    thing,
    town: () => d.write(turn.town()),
    ...adjectiveSlots(d),
    other: () => d.write(d.pick('noun', THINGS, [thing])),
  });
  d.set('question', 0);
  d.write(question ? '?' : '.');
  d.set('reply', 0);
  return question ? thing : null;
}
