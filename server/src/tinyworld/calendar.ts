/** Dates: months, seasons, and days of the week that follow one another. */
import type { Derivation } from './derivation.ts';
import { MONTHS, SEASONS } from './latents.ts';

/** The season of a month counted from 1 (January). */
export function seasonOf(month: number): (typeof SEASONS)[number] {
  if (month === 12 || month <= 2) return 'winter';
  return month <= 5 ? 'spring' : month <= 8 ? 'summer' : 'autumn';
}

/** Writes "4 March", marks the season from there on, and returns the season. */
export function writeMonthDay(d: Derivation): ReturnType<typeof seasonOf> {
  const month = chooseMonth(d);
  d.write(`${chooseDay(d)} ${MONTHS[month - 1]!}`);
  markSeason(d, month);
  return seasonOf(month);
}

/** A month from 1 to 12. */
export function chooseMonth(d: Derivation): number {
  return 1 + MONTHS.indexOf(d.choose('month', MONTHS));
}

/** A day that every month has, with room for the days after it. */
export function chooseDay(d: Derivation): number {
  return d.choose('day', DAYS);
}

/** Marks the season from here on. */
export function markSeason(d: Derivation, month: number): void {
  d.set('season', 1 + SEASONS.indexOf(seasonOf(month)));
}

const DAYS = Array.from({ length: 25 }, (_, index) => index + 1);
