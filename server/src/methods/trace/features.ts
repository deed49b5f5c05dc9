/**
 * Features of rows of activations, exact whatever fires: the sparse numbers where they are complete, the dense program
 * on the rows where more features fire than the sparse variant looks at.
 */

import { throwIfCancelled } from '../../core/errors.ts';
import { float32, type Tensor } from '../../core/tensor.ts';
import type { Dictionary } from '../../dictionary/dictionary.ts';
import {
  denseRows,
  dictionaryProgram,
  isComplete,
  type Measure,
  type MeasurePlan,
} from '../../dictionary/dictionary-graph.ts';
import { isTranscoder } from '../../dictionary/input.ts';
import type { Execution, SessionRecipe } from '../execution.ts';

/** Features of `n` positions as columns; row r has its top features at r·k … r·k + counts[r] − 1, strongest first. */
export interface FeatureTable {
  readonly n: number;
  readonly k: number;
  /** Active features among the top k. */
  readonly counts: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float32Array;
  /** All active features, those beyond the top k included. */
  readonly l0: Int32Array;
  /** ‖y − ŷ‖² over all active features. */
  readonly error_sq: Float32Array;
  /** ‖y‖² (of the centred target where the dictionary centres). */
  readonly target_sq: Float32Array;
}

/** Rows of a hook: [n, d] float32. */
export interface Rows {
  readonly x: Tensor<'float32'>;
  /** The target's rows; the same as x except for transcoders. */
  readonly y: Tensor<'float32'>;
}

const MEASURED: readonly Measure[] = ['values', 'indices', 'l0', 'error_sq', 'target_sq'];

/** An empty table of n rows. */
export function emptyTable(n: number, k: number): FeatureTable {
  return {
    n,
    k,
    counts: new Int32Array(n),
    indices: new Int32Array(n * k),
    values: new Float32Array(n * k),
    l0: new Int32Array(n),
    error_sq: new Float32Array(n),
    target_sq: new Float32Array(n),
  };
}

/** Rows [from, to) of a table; copies, since a view would keep those of all the texts of a batch. */
export function tableRows(table: FeatureTable, from: number, to: number): FeatureTable {
  const { k } = table;
  return {
    n: to - from,
    k,
    counts: table.counts.slice(from, to),
    indices: table.indices.slice(from * k, to * k),
    values: table.values.slice(from * k, to * k),
    l0: table.l0.slice(from, to),
    error_sq: table.error_sq.slice(from, to),
    target_sq: table.target_sq.slice(from, to),
  };
}

/** Copies measured outputs into rows of a table; `rows[i]` is the table's row of output row i. */
export function fillRows(
  table: FeatureTable,
  outputs: Readonly<Record<Measure, Tensor>> | Record<string, Tensor>,
  rows: readonly number[],
): void {
  const { values, indices, l0, error_sq, target_sq } = outputs as Record<Measure, Tensor>;
  const width = values!.shape[1]!;
  rows.forEach((row, i) => {
    let count = 0;
    for (let j = 0; j < Math.min(width, table.k); j++) {
      const value = values!.data[i * width + j] as number;
      if (value === 0) continue;
      table.values[row * table.k + count] = value;
      table.indices[row * table.k + count] = Number(indices!.data[i * width + j]);
      count++;
    }
    table.counts[row] = count;
    table.l0[row] = l0!.data[i] as number;
    table.error_sq[row] = error_sq!.data[i] as number;
    table.target_sq[row] = target_sq!.data[i] as number;
  });
}

/** Rows of a table whose sparse numbers miss some active features. */
export function incompleteRows(table: FeatureTable, dictionary: Dictionary): number[] {
  const rows: number[] = [];
  for (let row = 0; row < table.n; row++) if (!isComplete(dictionary, table.k, table.l0[row]!)) rows.push(row);
  return rows;
}

/** Measures rows with one variant of the dictionary's own program, in chunks of bounded size, into a table. */
export async function measureRows(
  execution: Execution,
  dictionary: Dictionary,
  table: FeatureTable,
  source: Rows,
  rows: readonly number[],
  variant: MeasurePlan['variant'],
  signal?: AbortSignal,
): Promise<void> {
  if (rows.length === 0) return;
  const recipe = measureRecipe(execution, dictionary, { variant, k: table.k });
  const chunk = denseRows(dictionary.d_sae);
  for (let start = 0; start < rows.length; start += chunk) {
    throwIfCancelled(signal);
    const part = rows.slice(start, start + chunk);
    const feeds: Record<string, Tensor> = { x: takeRows(source.x, part) };
    if (isTranscoder(dictionary)) feeds.y = takeRows(source.y, part);
    const outputs = await execution.withSession(
      recipe,
      (id) => execution.runner.run(id, feeds, MEASURED, signal),
      signal,
    );
    fillRows(table, outputs, part);
  }
}

/** Measures all rows exactly: sparse first, dense where that is incomplete. */
export async function measureAllRows(
  execution: Execution,
  dictionary: Dictionary,
  source: Rows,
  k: number,
  signal?: AbortSignal,
): Promise<FeatureTable> {
  const n = source.x.shape[0]!;
  const table = emptyTable(n, k);
  await measureRows(
    execution,
    dictionary,
    table,
    source,
    Array.from({ length: n }, (_, i) => i),
    'sparse',
    signal,
  );
  await measureRows(execution, dictionary, table, source, incompleteRows(table, dictionary), 'dense', signal);
  return table;
}

/** Some rows of a [n, d] tensor. */
export function takeRows(source: Tensor<'float32'>, rows: readonly number[]): Tensor<'float32'> {
  const width = source.shape[1]!;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    data.set(source.data.subarray(row * width, (row + 1) * width), i * width);
  });
  return float32([rows.length, width], data);
}

function measureRecipe(execution: Execution, dictionary: Dictionary, plan: MeasurePlan): SessionRecipe {
  return {
    key: `measure ${dictionary.digest} ${dictionary.folding} ${plan.variant} ${plan.k}`,
    weights: 'mapped',
    build: () => dictionaryProgram(dictionary, plan, MEASURED, execution.target),
  };
}
