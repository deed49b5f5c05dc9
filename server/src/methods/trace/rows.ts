/** Rows of a text that are known, position by position, so that an edit keeps those before it. */
import { mapInTurns } from '../../core/turn.ts';
import { emptyTable, type FeatureTable } from './features.ts';
import type { RowPredictions } from './predictions.ts';
import type { TraceRequest } from './trace.ts';
import type { DictionaryRows, SequenceRows } from './window.ts';

/** One dictionary at one position. */
interface FeatureRow {
  readonly indices: Int32Array;
  readonly values: Float32Array;
  readonly l0: number;
  readonly error_sq: number;
  readonly target_sq: number;
  readonly target: Float32Array;
}

export interface RowStore {
  /** By dictionary, then position; a hole is not known. */
  readonly features: (FeatureRow | undefined)[][];
  /** By position. */
  readonly predictions: (RowPredictions | undefined)[];
  /** Forgets positions from `length` on; the prediction before it loses what really followed. */
  cut(length: number): void;
  /** Approximate size. */
  bytes(): number;
}

export function rowStore(dictionaries: number): RowStore {
  const features: RowStore['features'] = Array.from({ length: dictionaries }, () => []);
  const predictions: RowStore['predictions'] = [];
  return {
    features,
    predictions,
    cut(length) {
      for (const rows of features) rows.length = Math.min(rows.length, length);
      predictions.length = Math.max(0, Math.min(predictions.length, length - 1));
    },
    bytes: () =>
      features.flat().reduce((sum, row) => sum + (row ? 120 + 8 * row.indices.length + 4 * row.target.length : 0), 0) +
      predictions.reduce((sum, row) => sum + (row ? 40 + 48 * row.top.length : 0), 0),
  };
}

/** First position of [from, to) that is not known, with the prediction before it where predictions are wanted. */
export function knownUntil(
  { features, predictions }: RowStore,
  from: number,
  to: number,
  wantsPredictions: boolean,
): number {
  for (let position = from; position < to; position++) {
    const known = features.every((rows) => rows[position] !== undefined);
    if (!known || (wantsPredictions && predictions[position] === undefined)) {
      return wantsPredictions ? Math.max(0, position - 1) : position;
    }
  }
  if (wantsPredictions && from > 0 && from < to && predictions[from - 1] === undefined) return from - 1;
  return to;
}

/**
 * Puts a window's rows in: features from position `from` on, predictions from `firstPredicted` on; dictionary by
 * dictionary, in turns.
 */
export async function joinRows(
  store: RowStore,
  rows: SequenceRows,
  from: number,
  firstPredicted: number,
): Promise<void> {
  await mapInTurns(rows.dictionaries, ({ table, target }, i) => {
    for (let row = 0; row < table.n; row++) {
      const start = row * table.k;
      const end = start + table.counts[row]!;
      store.features[i]![from + row] = {
        indices: table.indices.slice(start, end),
        values: table.values.slice(start, end),
        l0: table.l0[row]!,
        error_sq: table.error_sq[row]!,
        target_sq: table.target_sq[row]!,
        // A view would keep the rows of the whole window.
        target: target[row]!.slice(),
      };
    }
  });
  rows.predictions?.forEach((prediction, row) => {
    store.predictions[firstPredicted + row] = prediction;
  });
}

/** The rows of a request, all of which are known; dictionary by dictionary, in turns. */
export async function sliceRows(
  store: RowStore,
  { dictionaries, ids, from, to, k, predictions }: TraceRequest,
): Promise<SequenceRows> {
  const first = Math.max(0, from - 1);
  return {
    dictionaries: await mapInTurns(dictionaries, (_, i) =>
      gather(store.features[i]!.slice(from, to) as FeatureRow[], k),
    ),
    predictions:
      predictions === 0
        ? null
        : (store.predictions.slice(first, to) as RowPredictions[]).map((row, i) =>
            first + i + 1 < ids.length ? row : { ...row, next: null },
          ),
  };
}

function gather(rows: readonly FeatureRow[], k: number): DictionaryRows {
  const table: FeatureTable = emptyTable(rows.length, k);
  rows.forEach((row, i) => {
    table.counts[i] = row.indices.length;
    table.indices.set(row.indices, i * k);
    table.values.set(row.values, i * k);
    table.l0[i] = row.l0;
    table.error_sq[i] = row.error_sq;
    table.target_sq[i] = row.target_sq;
  });
  return { table, target: rows.map((row) => row.target) };
}
