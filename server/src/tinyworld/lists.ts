/** Lists: the title announces what kind of things and how many; numbering is kept to the end. */
import type { Derivation, Pool } from './derivation.ts';
import { adjectiveSlots, aside, phrase, thing } from './prose.ts';
import { BEASTS, BIRDS, FRUITS, THINGS, TOOLS } from './words.ts';

interface Category {
  readonly name: string;
  readonly items: Pool<string>;
  readonly animals: boolean;
  readonly birds: boolean;
}

const CATEGORIES: readonly Category[] = [
  { name: 'things', items: THINGS, animals: false, birds: false },
  { name: 'tools', items: TOOLS, animals: false, birds: false },
  { name: 'crops', items: FRUITS, animals: false, birds: false },
  { name: 'beasts', items: BEASTS, animals: true, birds: false },
  { name: 'birds', items: BIRDS, animals: true, birds: true },
];
const NUMBERS = ['Three', 'Four'] as const;
const TITLES: Pool<string> = {
  train: ['{Count} {things} to {buy} before {noon}:', '{Count} {things} that we {buy} today:'],
  heldout: ['{Count} {things} to {buy} before today:'],
};
const ITEMS: Pool<string> = {
  train: ['{a adjective} {item}', 'one {item} by the {thing}', 'the {item} near the {adjective} {thing}'],
  heldout: ['{a adjective} {item} by the {thing}', 'one {item} near the {adjective} {thing}'],
};

/** Writes one list, numbered or with dashes. */
export function writeList(d: Derivation): void {
  const category = d.choose('category', CATEGORIES, [1, 1, 1, 1.2, 1.4]);
  const size = d.choose('list size', [3, 4], [1, 2]);
  d.fill(d.pick('title form', TITLES), {
    Count: NUMBERS[size - 3]!,
    things: category.name,
    buy: () => d.write(d.choose('purpose', ['buy', 'find', 'paint', 'sell'])),
    noon: () => d.write(d.choose('deadline', ['noon', 'winter', 'Monday'])),
  });
  d.set('list_animals', category.animals);
  d.set('list_birds', category.birds);
  const numbered = d.chance('numbered', 0.5);
  const used: string[] = [];
  for (let position = 1; position <= size; position++) {
    d.write('\n');
    d.set('list_item', 1);
    d.set('list_position', position);
    d.set('last_item', position === size);
    d.write(numbered ? `${position}. ` : '- ');
    used.push(writeItem(d, category, used));
    for (const latent of ['list_item', 'list_position', 'last_item'] as const) d.set(latent, 0);
    d.write(position === size ? '.' : ';');
  }
}

/** One item, of a kind that no item before it was. */
function writeItem(d: Derivation, category: Category, used: readonly string[]): string {
  const item = d.pick('item', category.items, used);
  d.fill(d.pick('item form', ITEMS), { ...adjectiveSlots(d), item, thing: () => d.write(thing(d)) });
  if (d.chance('item goes on', 0.35)) {
    d.write(' and ');
    phrase(d);
  }
  if (d.chance('aside', 0.25)) {
    d.write(' ');
    aside(d);
  }
  return item;
}
