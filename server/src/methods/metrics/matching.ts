/** One-to-one matching of rows to columns with the largest total score. */
import { SondeError } from '../../core/errors.ts';

/**
 * The column of each row in an assignment that maximises Σ scores[row][column]; no column is used twice.
 * `scores` is [rows, columns] row-major with rows ≤ columns. Hungarian method by shortest augmenting paths,
 * O(rows² · columns). Source: Kuhn 1955; in the form of Jonker and Volgenant 1987 (Computing 38), section 2.
 * @throws invalid-params for more rows than columns: transpose the scores then.
 */
export function matchOneToOne(scores: ArrayLike<number>, rows: number, columns: number): Int32Array {
  if (rows > columns || scores.length !== rows * columns) {
    throw new SondeError(
      'invalid-params',
      `Found ${scores.length} scores for ${rows} × ${columns}; expected rows ≤ columns.`,
      {
        found: [rows, columns, scores.length],
      },
    );
  }
  const rowPrice = new Float64Array(rows + 1);
  const columnPrice = new Float64Array(columns + 1);
  // Row that holds each column, counted from 1; column 0 is where the row being placed starts.
  const holder = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    const cheapest = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
    const from = new Int32Array(columns + 1);
    const done = new Uint8Array(columns + 1);
    holder[0] = row;
    let column = 0;
    while (holder[column] !== 0) {
      done[column] = 1;
      const placed = holder[column]!;
      let step = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let j = 1; j <= columns; j++) {
        if (done[j]) continue;
        const cost = -scores[(placed - 1) * columns + j - 1]! - rowPrice[placed]! - columnPrice[j]!;
        if (cost < cheapest[j]!) {
          cheapest[j] = cost;
          from[j] = column;
        }
        if (cheapest[j]! < step) {
          step = cheapest[j]!;
          next = j;
        }
      }
      for (let j = 0; j <= columns; j++) {
        if (done[j]) {
          rowPrice[holder[j]!]! += step;
          columnPrice[j]! -= step;
        } else cheapest[j]! -= step;
      }
      column = next;
    }
    for (; column !== 0; column = from[column]!) holder[column] = holder[from[column]!]!;
  }
  const chosen = new Int32Array(rows);
  for (let j = 1; j <= columns; j++) if (holder[j]! > 0) chosen[holder[j]! - 1] = j - 1;
  return chosen;
}
