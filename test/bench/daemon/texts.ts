/** Distinct texts of an exact number of tokens. */

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * Gives a new text at each call. Letters and digits take turns: GPT-2's tokenizer splits between them before it merges
 * anything, so each is a token.
 */
export function textSource(seed: number): (tokens: number) => string {
  let state = seed >>> 0;
  const draw = (below: number): number => {
    // The linear congruential generator of Numerical Recipes; its upper bits are the better ones.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 12) % below;
  };
  return (tokens) =>
    Array.from({ length: tokens }, (_, i) => (i % 2 === 0 ? LETTERS[draw(LETTERS.length)] : draw(10))).join('');
}
