/** Random numbers by the hundred million: draws from a table of normals, so that a gigabyte takes seconds. */

const TABLE_SIZE = 2 ** 16;

/** Fills with draws of mean 0 and a standard deviation; equal seeds give equal numbers, on every machine. */
export type Fill = (target: Float32Array, deviation: number) => void;

/** A filler of its own seed. */
export function randomFill(seed: number): Fill {
  let state = (Math.imul(seed + 1, 0x9e3779b1) | 1) >>> 0;
  return (target, deviation) => {
    const table = NORMALS.map((value) => value * deviation);
    for (let i = 0; i < target.length; i++) {
      // xorshift32 (Marsaglia 2003); its upper half is the better one.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      target[i] = table[state >>> 16]!;
    }
  };
}

/** Whole numbers in [0, below), as ids. */
export function randomIds(seed: number, count: number, below: number): number[] {
  const draws = new Float32Array(count);
  randomFill(seed)(draws, 1);
  // The fractional part of a scaled normal is close to uniform.
  return Array.from(draws, (draw) => Math.floor((Math.abs(draw * 997) % 1) * below));
}

const NORMALS = normals();

/** Box–Muller over a fixed low-discrepancy grid. */
function normals(): Float32Array {
  const table = new Float32Array(TABLE_SIZE);
  for (let i = 0; i < TABLE_SIZE; i++) {
    const radius = Math.sqrt(-2 * Math.log((i + 0.5) / TABLE_SIZE));
    table[i] = radius * Math.cos(2 * Math.PI * ((i * 0.6180339887498949) % 1));
  }
  return table;
}
