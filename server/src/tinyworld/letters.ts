/** Letters: a date, a greeting, news in one mood, and a closing that keeps to register, mood, month and person. */
import { writeMonthDay } from './calendar.ts';
import type { Derivation, Pool } from './derivation.ts';
import { adjective, agreementSentence, newName, newPerson, phrase, seeingSentence, thing, title } from './prose.ts';
import { TOWNS } from './words.ts';

const NEWS: Pool<readonly [good: string, bad: string]> = {
  train: [
    ['The {thing} is safe and all is well.', 'The {thing} is lost and all is over.'],
    ['We won the {adjective} {thing}, what luck!', 'We lost the {adjective} {thing}, what grief!'],
  ],
  heldout: [['The {adjective} {thing} is safe, what luck!', 'The {adjective} {thing} is lost, what grief!']],
};
const FORMAL: Pool<string> = {
  train: ['I have the honour to send you {phrase}.', 'I beg you to return {phrase}.'],
  heldout: ['I beg you to send {phrase}.'],
};
const FAMILIAR: Pool<string> = {
  train: ['Here comes {phrase} for you!', 'Just bring {phrase} back!'],
  heldout: ['Just bring {phrase} for you!'],
};

/** Writes one letter. */
export function writeLetter(d: Derivation): void {
  const to = newPerson(d);
  const from = newName(d, [to.name]);
  const town = d.pick('town', TOWNS);
  const formal = d.chance('formal', 0.5);
  const sad = d.chance('sadness', 0.45);
  d.write(`${town}, `);
  const season = writeMonthDay(d);
  d.write('\n\n');
  d.write(
    formal ? `Dear ${to.female ? 'Mrs' : 'Mr'} ${to.name},` : `My ${to.female ? 'sister' : 'brother'} ${to.name},`,
  );
  d.set('letter_body', 1);
  d.set('recipient_female', to.female);
  d.set('formal', formal);
  d.write('\n\n');
  const slots = {
    thing: () => d.write(thing(d)),
    phrase: () => phrase(d),
    adjective: () => d.write(adjective(d)),
  };
  const [good, bad] = d.pick('news form', NEWS);
  d.fill(sad ? bad : good, slots);
  d.set('sad_mood', sad);
  d.set('glad_mood', !sad);
  const middle = [
    () => agreementSentence(d, () => from, true),
    () => seeingSentence(d, 'We'),
    () => d.fill(d.pick('request form', formal ? FORMAL : FAMILIAR), slots),
    () => {
      d.write('I read ');
      title(d);
      d.write('.');
    },
  ];
  const sentences = d.choose('letter length', [2, 3, 4]);
  for (let i = 0; i < sentences; i++) {
    d.write(' ');
    const next = d.choose('letter sentence', middle);
    middle.splice(middle.indexOf(next), 1);
    next();
  }
  d.write(` You are ${to.female ? 'a woman' : 'a man'} who ${sad ? 'can bear it' : 'will enjoy it'},`);
  d.write(` and ${season} is here.`);
  d.set('letter_body', 0);
  d.set('recipient_female', 0);
  d.write(formal ? '\n\nYours faithfully,\n' : '\n\nLove,\n');
  d.write(from);
}
