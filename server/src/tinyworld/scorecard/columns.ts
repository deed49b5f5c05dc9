/** Many values per row, read column by column: what a search looks through. */

export interface Columns {
  readonly rows: number;
  readonly count: number;
  /** One column [rows]; valid until the next call. */
  column(index: number): Float32Array;
  /** Whether small values may mean yes as well: directions without a preferred sign. */
  readonly bothSides: boolean;
}

/** Columns of a matrix [rows, count]. */
export function denseColumns(data: Float32Array, count: number, bothSides: boolean): Columns {
  const rows = data.length / count;
  const buffer = new Float32Array(rows);
  return {
    rows,
    count,
    bothSides,
    column(index) {
      for (let row = 0; row < rows; row++) buffer[row] = data[row * count + index]!;
      return buffer;
    },
  };
}

/** Projections of rows [rows, d] onto directions [count, d]. */
export function projectedColumns(data: Float32Array, d: number, directions: Float64Array): Columns {
  const rows = data.length / d;
  const buffer = new Float32Array(rows);
  return {
    rows,
    count: directions.length / d,
    bothSides: true,
    column(index) {
      const direction = directions.subarray(index * d, (index + 1) * d);
      for (let row = 0, at = 0; row < rows; row++) {
        // Four sums side by side: a single one waits for each addition.
        let [a, b, c, e] = [0, 0, 0, 0];
        let j = 0;
        for (; j + 3 < d; j += 4, at += 4) {
          a += direction[j]! * data[at]!;
          b += direction[j + 1]! * data[at + 1]!;
          c += direction[j + 2]! * data[at + 2]!;
          e += direction[j + 3]! * data[at + 3]!;
        }
        for (; j < d; j++) a += direction[j]! * data[at++]!;
        buffer[row] = a + b + c + e;
      }
      return buffer;
    },
  };
}

/** Columns of features of which each row has at most k that are not 0: indices and values [rows, k]. */
export function sparseColumns(indices: Uint16Array, values: Float32Array, k: number, count: number): Columns {
  const rows = indices.length / k;
  const starts = new Uint32Array(count + 1);
  for (let i = 0; i < indices.length; i++) if (values[i] !== 0) starts[indices[i]! + 1]!++;
  for (let i = 0; i < count; i++) starts[i + 1]! += starts[i]!;
  const next = starts.slice();
  const atRow = new Uint32Array(starts[count]!);
  const held = new Float32Array(starts[count]!);
  for (let i = 0; i < indices.length; i++) {
    if (values[i] === 0) continue;
    const place = next[indices[i]!]!++;
    atRow[place] = Math.floor(i / k);
    held[place] = values[i]!;
  }
  const buffer = new Float32Array(rows);
  return {
    rows,
    count,
    bothSides: false,
    column(index) {
      buffer.fill(0);
      for (let i = starts[index]!; i < starts[index + 1]!; i++) buffer[atRow[i]!] = held[i]!;
      return buffer;
    },
  };
}
