/** Diaries: days follow one another, months bring their weather, weekends rest, centuries have their vehicles. */
import { chooseDay, chooseMonth, markSeason, seasonOf } from './calendar.ts';
import type { Derivation, Pool } from './derivation.ts';
import { MONTHS, WEEKDAYS } from './latents.ts';
import { adjective, agreementSentence, newName, once, phrase, seeingSentence, thing } from './prose.ts';

const WEATHER = {
  winter: ['snow', 'ice'],
  spring: ['blossom', 'mist'],
  summer: ['heat', 'dust'],
  autumn: ['leaves', 'fog'],
} as const;
const WEATHER_FORMS: Pool<string> = {
  train: ['There was {weather} on the {adjective} {thing}.', 'The {adjective} {thing} was under the {weather}.'],
  heldout: ['The {thing} was under the {weather}.'],
};
const JOURNEYS: Pool<string> = {
  train: ['{name} and I took the {vehicle} to the {place}.', 'With {phrase} in the {vehicle} we went to the {place}.'],
  heldout: ['With {name} in the {vehicle} we went to the {place}.'],
};

/** Writes two or three days of a diary. */
export function writeDiary(d: Derivation): void {
  const friend = once(() => newName(d));
  const month = chooseMonth(d);
  const firstDay = chooseDay(d);
  const firstWeekday = WEEKDAYS.indexOf(d.choose('weekday', WEEKDAYS));
  const old = d.chance('old century', 0.5);
  const year = old ? d.choose('year', OLD_YEARS) : d.choose('year', NEW_YEARS);
  const days = d.choose('days', [2, 3]);
  for (let day = 0; day < days; day++) {
    if (day > 0) d.write('\n\n');
    const weekday = (firstWeekday + day) % 7;
    d.write(WEEKDAYS[weekday]!);
    d.set('diary', 1);
    d.set('weekend', weekday >= 5);
    d.write(`, ${firstDay + day} ${MONTHS[month - 1]!}`);
    markSeason(d, month);
    d.write(` ${year}`);
    d.set('old_century', old);
    d.write('\n');
    writeEntry(d, { friend, month, weekend: weekday >= 5, old });
  }
}

interface Day {
  readonly friend: () => string;
  readonly month: number;
  readonly weekend: boolean;
  readonly old: boolean;
}

function writeEntry(d: Derivation, day: Day): void {
  const slots = {
    name: () => d.write(day.friend()),
    adjective: () => d.write(adjective(d)),
    phrase: () => phrase(d),
    thing: () => d.write(thing(d)),
    weather: () => d.write(d.choose('weather', WEATHER[seasonOf(day.month)])),
    vehicle: day.old ? 'carriage' : 'motor car',
    place: day.weekend ? 'theatre' : 'office',
  };
  const events = [
    () => d.fill(d.pick('weather form', WEATHER_FORMS), slots),
    () => d.fill(d.pick('journey form', JOURNEYS), slots),
    () => agreementSentence(d, day.friend, false),
    () => seeingSentence(d, 'I'),
  ];
  const count = d.choose('entry length', [2, 3]);
  for (let i = 0; i < count; i++) {
    if (i > 0) d.write(' ');
    const next = d.choose('entry sentence', events);
    events.splice(events.indexOf(next), 1);
    next();
  }
  d.write(day.weekend ? ' No work today.' : ' Back to work.');
}

const OLD_YEARS = Array.from({ length: 60 }, (_, index) => String(1830 + index));
const NEW_YEARS = Array.from({ length: 60 }, (_, index) => String(1930 + index));
