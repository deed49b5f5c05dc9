/** What can happen in the middle of a story; each event leans on something that was told before. */
import type { Derivation, Pool } from './derivation.ts';
import { adjective, adjectiveSlots, deed, inTense, type Person, title } from './prose.ts';
import type { Story } from './story.ts';
import { THINGS } from './words.ts';

const SPEECHES: Pool<string> = {
  train: [
    'The {noun} by the {other} is {adjective} and {adjective2}',
    'We need {a adjective} {noun} and the {other}',
    'I know the {adjective} {noun} by the {other} well',
    'My {noun} is {adjective}, and the {other} is by the door',
  ],
  heldout: ['I need the {adjective} {noun}, and the {other} is {adjective2}', 'We know the {noun} by the {other} well'],
};
const QUESTIONS: Pool<string> = {
  train: [
    'Where is the {adjective} {noun} by the {other}',
    'Do we need {a adjective} {noun} and the {other}',
    'Is my {noun} {adjective} and {adjective2}',
  ],
  heldout: ['Where is my {adjective} {noun} and the {other}', 'Do we know the {noun} by the {other} well'],
};
const FIXTURES: Pool<string> = {
  train: ['{He} {deed} by the {fixture}.', '{He} {looked} at the {adjective} {fixture}.'],
  heldout: ['By the {fixture} {he} {deed}.'],
};

const CONDITIONS: Pool<string> = {
  train: ['If the {noun} near the {adjective} {other} falls', 'If it is cold and the {noun} is {adjective}'],
  heldout: ['If the {adjective} {noun} falls near the {other}'],
};

/** The name of a person, who is from now on the one that pronouns mean. */
export function mention(d: Derivation, person: Person): string {
  d.set('focus_female', person.female);
  return person.name;
}

/** The person last named stands by something that belongs to the place. */
export function fixtureSentence(d: Derivation, story: Story): void {
  const he = d.get('focus_female') === 1 ? 'she' : 'he';
  d.fill(d.pick('fixture form', FIXTURES), {
    He: capital(he),
    he,
    deed: () => d.write(deed(d, story.present)),
    looked: inTense(['looked', 'looks', 'look'], story.present),
    adjective: () => d.write(adjective(d)),
    fixture: () => d.write(d.choose('fixture', story.place.fixtures)),
  });
}

/** What one wears, which the weather decides. */
export function clothesSentence(d: Derivation, story: Story): void {
  const who = mention(d, d.choose('wearer', [story.first, story.second]));
  d.write(`${who} ${inTense(['wore', 'wears', 'wear'], story.present)} `);
  d.article();
  d.write(`${adjective(d)} `);
  d.write(story.raining ? 'raincoat' : 'sunhat');
  d.write(story.place.water ? ', as sailors do.' : story.place.outdoors ? ', as farmers do.' : ', as clerks do.');
}

/** Someone speaks; the pronoun after the quotation is the speaker's. */
export function speech(d: Derivation, story: Story): void {
  const first = d.chance('speaker', 0.5);
  const speaker = first ? story.first : story.second;
  const question = d.chance('question', 0.4);
  const [past, third] = question ? ['asked', 'asks'] : ['said', 'says'];
  d.write(`${mention(d, speaker)} ${story.present ? third : past}, `);
  d.within('quotation', 1, () => {
    d.set('speaker_female', speaker.female);
    d.set('speaker_first', first);
    d.write('"');
    d.set('question', question);
    d.fill(d.pick('speech form', question ? QUESTIONS : SPEECHES), {
      ...adjectiveSlots(d),
      noun: () => d.write(d.pick('noun', THINGS)),
      other: () => d.write(d.pick('noun', THINGS)),
    });
    d.set('question', 0);
    d.write(question ? '?' : '.');
    d.set('speaker_female', 0);
    d.set('speaker_first', 0);
  });
  const other = first ? story.second : story.first;
  d.write(
    `" ${speaker.female ? 'She' : 'He'} ${inTense(['looked', 'looks', 'look'], story.present)} at ${other.name}.`,
  );
}

/** An "if" whose "then" comes only after a clause. */
export function conditional(d: Derivation, story: Story): void {
  d.within('conditional', 1, () =>
    d.fill(d.pick('condition form', CONDITIONS), {
      noun: () => d.write(d.pick('noun', THINGS)),
      other: () => d.write(d.pick('noun', THINGS)),
      adjective: () => d.write(adjective(d)),
    }),
  );
  const who = mention(d, d.choose('conditional subject', [story.first, story.second]));
  d.write(`, then ${who} will be ${story.sad ? 'lost' : 'safe'}.`);
}

/** Someone reads a book, or something in brackets is said about it. */
export function reading(d: Derivation, story: Story): void {
  const who = mention(d, d.choose('reader', [story.first, story.second]));
  d.write(`${who} ${inTense(['read', 'reads', 'read'], story.present)} `);
  title(d, story.town);
  if (d.chance('aside', 0.5)) {
    d.write(' ');
    d.within('parenthesis', 1, () => {
      d.write('(');
      d.article();
      d.write(`${adjective(d)} book about the ${d.pick('noun', THINGS)}`);
    });
    d.write(')');
  }
  d.write('.');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
