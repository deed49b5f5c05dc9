/**
 * The one way text comes into being: a derivation writes characters, makes weighted choices whose log-probability it
 * records, and marks over which characters each latent variable holds. Documents of one split use only that split's
 * side of every pool, so held-out words and templates never reach training text.
 */
import { fault } from '../core/errors.ts';
import type { LatentName } from './latents.ts';
import type { Random } from './random.ts';

/** `train` for training and for measuring loss; `heldout` has words and sentence templates of its own. */
export type Split = 'train' | 'heldout';

/** Alternatives that differ between the splits. */
export interface Pool<T> {
  readonly train: readonly T[];
  readonly heldout: readonly T[];
  /** What a coined stem becomes; training text takes some words of the class from an endless supply of such. */
  readonly coin?: (stem: string) => T;
}

/** A latent holds with `value` over the UTF-16 range [start, end) of the text. */
export interface LatentSpan {
  readonly latent: LatentName;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** A choice made when the text had `offset` UTF-16 units, with its natural-log probability. */
export interface Choice {
  readonly label: string;
  readonly offset: number;
  readonly logProbability: number;
}

/**
 * Chances that a word of a class with coined ones is coined, as in Pólya's urn: (0.2 + c) to (0.8 + n − c) after c coined
 * ones of n. So most texts have few or none, some consist of nothing else, and 20 % are coined overall.
 */
const URN = { coined: 0.2, known: 0.8 } as const;

/** Parts of a coined stem, one of each: so words that nobody ever met are part of the language. */
const STEM: readonly (readonly string[])[] = [
  'b bl br c ch cl d dr f fl g gr h j k l m n p pl qu r s sh squ st t th tr v w y'.split(' '),
  'a e i o u ai ea ee oo ou'.split(' '),
  'b bb ck d dd ff g ld ll lm m mm mp n nd ng nk nn p pp r rb rk rm rr rt rv s st t tt v z'.split(' '),
  'e el er ey ic in it le oc on or ow'.split(' '),
];

/** What a template's `{slot}` becomes: text, or an action that writes and marks. */
export type Slots = { readonly [slot: string]: string | (() => void) };

/** The state of a document in the making. */
export interface Derivation {
  readonly split: Split;
  /** One of the options, uniformly or by weight; a forced label takes its forced index. */
  choose<T>(label: string, options: readonly T[], weights?: readonly number[]): T;
  /** True with the given probability. */
  chance(label: string, probability: number): boolean;
  /** One of this split's side of the pool, without those excluded. */
  pick<T>(label: string, pool: Pool<T>, without?: readonly T[]): T;
  write(text: string): void;
  /** The next words written take "a" or "an" before them. */
  article(): void;
  /** Writes a template, replacing every `{slot}`; `{a slot}` puts the article before it. */
  fill(template: string, slots: Slots): void;
  /** From here on the latent has this value; 0 ends it. */
  set(latent: LatentName, value: number | boolean): void;
  /** The latent has this value while `body` writes, and its former value afterwards. */
  within(latent: LatentName, value: number | boolean, body: () => void): void;
  /** The value the latent has now. */
  get(latent: LatentName): number;
  /** Ends every span and returns the document's parts. */
  finish(): { readonly text: string; readonly spans: readonly LatentSpan[]; readonly choices: readonly Choice[] };
}

/**
 * Starts a derivation. `forced` maps choice labels to option indices (a counterfactual: everything that does not
 * depend on the forced choice stays as it was, since a forced choice draws its random number all the same).
 */
export function createDerivation(random: Random, split: Split, forced: ReadonlyMap<string, number>): Derivation {
  let text = '';
  let article = false;
  const urn: { coined: number; known: number } = { ...URN };
  const spans: LatentSpan[] = [];
  const choices: Choice[] = [];
  const open = new Map<LatentName, { value: number; start: number }>();

  const choose = <T>(label: string, options: readonly T[], weights?: readonly number[]): T => {
    const drawn = random.next();
    const total = weights ? weights.reduce((sum, weight) => sum + weight, 0) : options.length;
    const index = forced.get(label) ?? indexAt(drawn * total, options.length, weights);
    if (index < 0 || index >= options.length) fault(`choice ${label} has no option ${index}`);
    const weight = weights ? weights[index]! : 1;
    if (options.length > 1) choices.push({ label, offset: text.length, logProbability: Math.log(weight / total) });
    return options[index]!;
  };
  const set = (latent: LatentName, value: number | boolean): void => {
    const now = open.get(latent);
    const wanted = Number(value);
    if (now?.value === wanted) return;
    if (now !== undefined && now.start < text.length) {
      spans.push({ latent, value: now.value, start: now.start, end: text.length });
    }
    if (wanted === 0) open.delete(latent);
    else open.set(latent, { value: wanted, start: text.length });
  };
  const get = (latent: LatentName): number => open.get(latent)?.value ?? 0;
  const write = (added: string): void => {
    if (added === '') return;
    if (article) text += /^[aeiou]/i.test(added) ? 'an ' : 'a ';
    article = false;
    text += added;
  };
  const beginArticle = (): void => {
    article = true;
  };
  return {
    split,
    choose,
    chance: (label, probability) => choose(label, [false, true], [1 - probability, probability]),
    pick(label, pool, without = []) {
      if (split === 'train' && pool.coin && choose(`${label} coined`, [false, true], [urn.known, urn.coined])) {
        urn.coined++;
        for (;;) {
          const coined = pool.coin(STEM.map((parts, i) => choose(`coined part ${i}`, parts)).join(''));
          if (!without.includes(coined)) return coined;
        }
      }
      if (pool.coin) urn.known++;
      return choose(
        label,
        pool[split].filter((entry) => !without.includes(entry)),
      );
    },
    write,
    article: beginArticle,
    fill(template, slots) {
      for (const part of template.split(/(\{(?:a )?\w+\})/)) {
        if (!part.startsWith('{')) {
          write(part);
          continue;
        }
        if (part.startsWith('{a ')) beginArticle();
        const slot = slots[part.slice(part.startsWith('{a ') ? 3 : 1, -1)];
        if (slot === undefined) fault(`template "${template}" has no filler for ${part}`);
        if (typeof slot === 'string') write(slot);
        else slot();
      }
    },
    set,
    within(latent, value, body) {
      const before = get(latent);
      set(latent, value);
      body();
      set(latent, before);
    },
    get,
    finish() {
      for (const latent of [...open.keys()]) set(latent, 0);
      spans.sort((a, b) => a.start - b.start || a.end - b.end || (a.latent < b.latent ? -1 : 1));
      return { text, spans, choices };
    },
  };
}

function indexAt(point: number, count: number, weights?: readonly number[]): number {
  if (!weights) return Math.min(count - 1, Math.floor(point));
  let rest = point;
  for (let index = 0; index < count; index++) {
    rest -= weights[index]!;
    if (rest < 0) return index;
  }
  return count - 1;
}
