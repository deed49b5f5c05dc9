/**
 * Stories: two people, a place, the weather, a gift that changes hands, and an ending that fits. Later sentences are
 * decided by what came before: pronouns by the person last named, fixtures by the place, clothes by the weather, the
 * last owner by the gift, the ending by the mood.
 */
import type { Derivation, Pool } from './derivation.ts';
import { adjective, agreementSentence, be, inTense, introduce, newPerson, thing } from './prose.ts';
import type { Story } from './story.ts';
import {
  clothesSentence,
  conditional,
  fixtureSentence,
  holdingSentence,
  mention,
  reading,
  seeing,
  speech,
} from './story-events.ts';
import { PLACES, TOWNS } from './words.ts';

const OPENINGS: Pool<string> = {
  train: ['One morning {first} {be} in the {place}.', 'In the evening {first} {came} to the {place}.'],
  heldout: ['One evening {first} {be} in the {place}.'],
};
const WEATHER: Pool<readonly [dry: string, wet: string]> = {
  train: [
    ['The sky {be} clear.', 'The sky {be} full of rain.'],
    ['It {be} warm and dry.', 'It {be} cold and wet.'],
  ],
  heldout: [['The sky {be} clear and dry.', 'The sky {be} cold and full of rain.']],
};
const MOODS: Pool<readonly [glad: string, sad: string]> = {
  train: [
    ['glad', 'sad'],
    ['cheerful', 'unhappy'],
    ['full of joy', 'full of sorrow'],
  ],
  heldout: [['cheerful and glad', 'unhappy and sad']],
};
const GIFTS: Pool<string> = {
  train: [
    '{giver} {gave} {taker} the {gift}.',
    '{giver} {gave} the {gift} to {taker}.',
    '{taker} {got} the {gift} from {giver}.',
  ],
  heldout: ['{giver} {gave} {taker} the {adjective} {gift}.', '{taker} {got} the {adjective} {gift} from {giver}.'],
};
/** Writes one story. */
export function writeStory(d: Derivation): void {
  const story = begin(d);
  const { first, second, present, gift, town } = story;
  const middle = [
    () => fixtureSentence(d, story),
    () => clothesSentence(d, story),
    () => agreementSentence(d, () => second.name, present),
    () => seeing(d, story),
    () => speech(d, story),
    () => speech(d, story),
    () => conditional(d, story),
    () => reading(d, story),
  ];
  const happen = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const event = d.choose('event', middle);
      middle.splice(middle.indexOf(event), 1);
      d.write(' ');
      event();
    }
  };
  happen(1);
  d.write(' ');
  giving(d, story);
  middle.push(() => holdingSentence(d, story));
  happen(d.choose('events after the gift', [1, 2]));
  if (d.chance('given back', 0.25)) {
    d.write(` Then the ${gift} ${inTense(['went', 'goes', 'go'], present)} back.`);
    d.set('holder_first', d.get('holder_first') === 0);
    happen(1);
  }
  const holder = d.get('holder_first') === 1 ? first : second;
  d.write(
    ` At the end of the day the ${gift} ${inTense(['belonged', 'belongs', 'belong'], present)} to ${holder.name} of ${town}`,
  );
  d.write(`, and ${story.sad ? 'nobody' : 'everybody'} ${inTense(['smiled', 'smiles', 'smile'], present)}.`);
}

function begin(d: Derivation): Story {
  const first = newPerson(d);
  const place = d.choose('place', PLACES);
  const present = d.chance('tense', 0.35);
  const town = d.pick('town', TOWNS);
  d.fill(d.pick('opening form', OPENINGS), {
    first: () => {
      introduce(d, first, town);
      d.set('focus_female', first.female);
      d.set('story', 1);
    },
    be: () => tensed(d, present, be(false, present)),
    came: () => tensed(d, present, inTense(['came', 'comes', 'come'], present)),
    place: () => {
      const rarer = d.chance('place synonym', 0.4);
      d.write(place.names[rarer ? 1 : 0]);
      d.set('place_synonym', rarer);
      d.set('indoors', !place.outdoors);
      d.set('outdoors', place.outdoors);
      d.set('near_water', place.water);
    },
  });
  const raining = d.chance('rain', 0.45);
  const [dry, wet] = d.pick('weather form', WEATHER);
  d.write(' ');
  d.fill(raining ? wet : dry, { be: be(false, present) });
  d.set('raining', raining);
  const sad = d.chance('sadness', raining ? 0.75 : 0.25);
  const [glad, sorry] = d.pick('mood form', MOODS);
  d.write(` ${first.name} ${be(false, present)} ${sad ? sorry : glad}.`);
  d.set('sad_mood', sad);
  d.set('glad_mood', !sad);
  const second = newPerson(d, [first]);
  d.write(` There ${first.female ? 'she' : 'he'} ${inTense(['met', 'meets', 'meet'], present)} `);
  introduce(d, second, town);
  d.set('focus_female', second.female);
  const gift = thing(d);
  d.write(` and between them ${inTense(['lay', 'lies', 'lie'], present)} the ${gift}.`);
  return { first, second, place, town, present, raining, sad, gift };
}

/** Writes the first tensed verb, from which on the tense is known. */
function tensed(d: Derivation, present: boolean, verb: string): void {
  d.write(verb);
  d.set('present_tense', present);
}

function giving(d: Derivation, story: Story): void {
  const secondTakes = d.chance('giver', 0.5);
  const [giver, taker] = secondTakes ? [story.first, story.second] : [story.second, story.first];
  d.fill(d.pick('gift form', GIFTS), {
    giver: () => d.write(mention(d, giver)),
    taker: () => d.write(mention(d, taker)),
    gave: inTense(['gave', 'gives', 'give'], story.present),
    got: inTense(['got', 'gets', 'get'], story.present),
    gift: story.gift,
    adjective: () => d.write(adjective(d)),
  });
  d.set('holder_first', !secondTakes);
}
