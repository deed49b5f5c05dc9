/** What can happen in the middle of a story; each event leans on something that was told before. */
import type { Derivation, Pool } from './derivation.ts';
import { adjective, aside, deed, inTense, type Person, phrase, seeingSentence, title } from './prose.ts';
import type { Story } from './story.ts';

const SPEECHES: Pool<string> = {
  train: ['I know ', 'We need ', 'Here is ', 'You see '],
  heldout: ['We know ', 'I need '],
};
const QUESTIONS: Pool<string> = {
  train: ['Where is ', 'Do we need ', 'Is this '],
  heldout: ['Do we know ', 'Do you need '],
};
const FIXTURES: Pool<string> = {
  train: ['{He} {deed} by the {weather} {fixture}.', '{He} {looked} at the {weather} {fixture}.'],
  heldout: ['By the {weather} {fixture} {he} {deed}.'],
};
const CONDITIONS: Pool<string> = {
  train: ['If {he} sees ', 'If there is '],
  heldout: ['If {he} needs '],
};

/** The name of a person, who is from now on the one that pronouns mean. */
export function mention(d: Derivation, person: Person): string {
  d.set('focus_female', person.female);
  return person.name;
}

/** Somebody of the story as a subject: by pronoun, which means the person last named, or by name. */
function subject(d: Derivation, story: Story): string {
  const person = d.choose('subject', [null, story.first, story.second], [2, 1, 1]);
  return person ? mention(d, person) : capital(pronoun(d));
}

function pronoun(d: Derivation): string {
  return d.get('focus_female') === 1 ? 'she' : 'he';
}

/** The person last named stands by something that belongs to the place, wet or dry as the weather is. */
export function fixtureSentence(d: Derivation, story: Story): void {
  d.fill(d.pick('fixture form', FIXTURES), {
    He: capital(pronoun(d)),
    he: pronoun(d),
    deed: () => d.write(deed(d, story.present)),
    looked: inTense(['looked', 'looks', 'look'], story.present),
    weather: story.raining ? 'wet' : 'dry',
    fixture: () => d.write(d.choose('fixture', story.place.fixtures)),
  });
}

/** What one wears, which the weather decides. */
export function clothesSentence(d: Derivation, story: Story): void {
  d.write(`${subject(d, story)} ${inTense(['wore', 'wears', 'wear'], story.present)} `);
  d.article();
  d.write(`${adjective(d)} `);
  d.write(story.raining ? 'raincoat' : 'sunhat');
  d.write(story.place.water ? ', as sailors do.' : story.place.outdoors ? ', as farmers do.' : ', as clerks do.');
}

/** Who has the gift now. */
export function holdingSentence(d: Derivation, story: Story): void {
  const holder = d.get('holder_first') === 1 ? story.first : story.second;
  d.write(`The ${story.gift} ${inTense(['stayed', 'stays', 'stay'], story.present)} with `);
  d.write(`${mention(d, holder)}.`);
}

/** Somebody saw something, or did not. */
export function seeing(d: Derivation, story: Story): void {
  seeingSentence(d, subject(d, story));
}

/** Someone speaks; the pronoun after the quotation is the speaker's. */
export function speech(d: Derivation, story: Story): void {
  const first = d.chance('speaker', 0.5);
  const speaker = first ? story.first : story.second;
  d.write(`${mention(d, speaker)} ${story.present ? 'says' : 'said'}, `);
  const sentences = d.choose('sentences', [1, 2]);
  let question = false;
  d.within('quotation', 1, () => {
    d.set('speaker_female', speaker.female);
    d.set('speaker_first', first);
    d.write('"');
    for (let i = 0; i < sentences; i++) {
      if (i > 0) d.write(question ? '? ' : '. ');
      question = d.chance('question', 0.4);
      d.write(d.pick('speech form', question ? QUESTIONS : SPEECHES));
      d.set('question', question);
      phrase(d);
      d.set('question', 0);
    }
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
  d.within('conditional', 1, () => {
    d.fill(d.pick('condition form', CONDITIONS), { he: pronoun(d) });
    phrase(d);
  });
  const who = mention(d, d.choose('conditional subject', [story.first, story.second]));
  d.write(`, then ${who} will be ${story.sad ? 'lost' : 'safe'}.`);
}

/** Someone reads a book, or something in brackets is said about it. */
export function reading(d: Derivation, story: Story): void {
  d.write(`${subject(d, story)} ${inTense(['read', 'reads', 'read'], story.present)} `);
  title(d);
  if (d.chance('aside', 0.5)) {
    d.write(' ');
    aside(d);
  }
  d.write('.');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
