/** The baseline of the language: an n-gram model with back-off. */

export interface NGram {
  /** P(token | the ids before position `at`), of any token. */
  probability(ids: readonly number[], at: number, token: number): number;
  /** The likeliest token at position `at`. */
  best(ids: readonly number[], at: number): number;
}

/** A position that will be asked about. */
export interface AskedPlace {
  readonly ids: readonly number[];
  readonly at: number;
}

const DISCOUNT = 0.75;

interface Context {
  total: number;
  readonly next: Map<number, number>;
}

/**
 * Counts of rows of ids, at most `order` − 1 ids of context. Absolute discounting: what is taken off each count goes to
 * the shorter context (Ney, Essen and Kneser 1994, with back-off by interpolation), at the end to all tokens alike.
 *
 * With `asked` only the contexts of those places are counted, which is what makes millions of training tokens cheap;
 * other places must not be asked about then.
 */
export function fitNGram(
  rows: Iterable<readonly number[]>,
  order: number,
  d_vocab: number,
  asked: Iterable<AskedPlace> | null = null,
): NGram {
  const levels = Array.from({ length: order }, () => new Map<number, Context>());
  for (const { ids, at } of asked ?? []) {
    for (let length = 0; length < Math.min(order, at + 1); length++) {
      levels[length]!.set(contextKey(ids, at, length, d_vocab), { total: 0, next: new Map() });
    }
  }
  for (const ids of rows) {
    for (let at = 1; at < ids.length; at++) {
      for (let length = 0; length < Math.min(order, at + 1); length++) {
        const key = contextKey(ids, at, length, d_vocab);
        const level = levels[length]!;
        let context = level.get(key);
        if (!context) {
          if (asked) break;
          context = { total: 0, next: new Map() };
          level.set(key, context);
        }
        context.total++;
        context.next.set(ids[at]!, (context.next.get(ids[at]!) ?? 0) + 1);
      }
    }
  }
  const contexts = (ids: readonly number[], at: number): Context[] =>
    levels
      .flatMap((level, length) => (length <= at ? (level.get(contextKey(ids, at, length, d_vocab)) ?? []) : []))
      .filter(({ total }) => total > 0);
  const probabilityIn = (found: readonly Context[], token: number): number =>
    found.reduce(
      (shorter, { total, next }) =>
        (Math.max(0, (next.get(token) ?? 0) - DISCOUNT) + DISCOUNT * next.size * shorter) / total,
      1 / d_vocab,
    );
  return {
    probability: (ids, at, token) => probabilityIn(contexts(ids, at), token),
    best(ids, at) {
      const found = contexts(ids, at);
      let best = { token: -1, p: -1 };
      // A token unseen after the longest context can still win by its frequency after the shorter one.
      for (const token of new Set(found.slice(-2).flatMap(({ next }) => [...next.keys()]))) {
        const p = probabilityIn(found, token);
        if (p > best.p) best = { token, p };
      }
      return best.token;
    },
  };
}

/** A number for the `length` ids before `at`; exact while d_vocab^length < 2^53. */
function contextKey(ids: readonly number[], at: number, length: number, d_vocab: number): number {
  let key = 0;
  for (let i = at - length; i < at; i++) key = key * d_vocab + ids[i]!;
  return key;
}
