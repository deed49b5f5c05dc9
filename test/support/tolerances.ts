/** What float32 may differ from the reference, relative to a tensor's root mean square, and why. */

/** Logits: sums in another order differ by a few units in the last place per layer; 2.8e-5 is the most of any fixture. */
export const LOGITS_TOLERANCE = 6e-5;

/** Hooks: a softmax over large scores multiplies their rounding; 1.5e-4 is the most, at a pattern of gemma2-layer-types. */
export const HOOK_TOLERANCE = 3e-4;
