/** A seeded stream of numbers: the same seed gives the same stream on every machine. */
export interface Random {
  /** The next number, uniform in [0, 1), a multiple of 2⁻³². */
  next(): number;
}

/**
 * The stream of a seed: sfc32 (Chris Doty-Humphrey's PractRand 0.9, 32-bit), its state filled by splitmix32.
 * Streams of different `stream` numbers under one seed are independent, so document i of a corpus can be made alone.
 */
export function createRandom(seed: number, stream = 0): Random {
  const fill = splitmix32((seed ^ Math.imul(stream + 1, 0x9e3779b1)) >>> 0);
  let a = fill();
  let b = fill();
  let c = fill() ^ stream;
  let counter = 1;
  const step = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) step();
  return { next: () => step() / 2 ** 32 };
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}

/** Standard normal numbers from a stream, by Box and Muller; two draws each. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** A permutation of 0 … n − 1 (Fisher and Yates). */
export function permutation(random: Random, n: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
