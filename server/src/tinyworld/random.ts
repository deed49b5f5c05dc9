/** The generator's random numbers are the product's: their definition decides every text of a seed. */
export { createRandom, type Random } from '../core/random.ts';
