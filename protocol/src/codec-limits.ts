/** Bounds on the form of a message, checked before it is decoded. */

/** Nesting of a message; ours have at most eight levels. */
export const MAX_DEPTH = 32;
/** Values of a message; a trace of 1,000 tokens by 12 dictionaries with 100 features each has about 4 million. */
export const MAX_VALUES = 16_000_000;
