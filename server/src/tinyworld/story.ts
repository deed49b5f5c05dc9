import type { Person } from './prose.ts';
import type { Place } from './words.ts';

/** What is settled before the story is told. */
export interface Story {
  readonly first: Person;
  readonly second: Person;
  readonly place: Place;
  readonly town: string;
  readonly present: boolean;
  readonly raining: boolean;
  readonly sad: boolean;
  readonly gift: string;
}
