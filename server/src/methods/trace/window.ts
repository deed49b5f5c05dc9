/**
 * One run of a trace program over a window of positions, for one sequence after its past or for several short ones side
 * by side. Rows where more features fire than the sparse variant looks at are measured again, densely: exact either way.
 */

import type { OnTook, Resident } from '../../core/runner.ts';
import { float32, int64, type Tensor } from '../../core/tensor.ts';
import { breathe } from '../../core/turn.ts';
import type { Dictionary } from '../../dictionary/dictionary.ts';
import { isTranscoder } from '../../dictionary/input.ts';
import { targetRows } from '../../dictionary/target-rows.ts';
import { keyValueWidth, PAST_LENGTH, pastNames } from '../../graph/past.ts';
import type { Execution } from '../execution.ts';
import type { ModelHandle } from '../model-handle.ts';
import { allFinite, reportNonFinite } from '../non-finite.ts';
import {
  emptyTable,
  type FeatureTable,
  fillRows,
  incompleteRows,
  measureAllRows,
  measureRows,
  type Rows,
  tableRows,
  takeRows,
} from './features.ts';
import { PREDICTION_OUTPUTS, type RowPredictions, readPredictions } from './predictions.ts';
import { pastLayers, predictionProgram, type TracePlan, traceKey, traceOutputs, traceProgram } from './program.ts';

/** Which positions run, and which of them are reported. */
export interface Window {
  /** Ids of whole texts; more than one only when `start` is 0. */
  readonly sequences: readonly (readonly number[])[];
  /** Positions [start, end) run; shorter sequences are padded, which causality makes harmless. */
  readonly start: number;
  readonly end: number;
  /** Rows [from, to) are reported, start ≤ from ≤ to ≤ end. */
  readonly from: number;
  readonly to: number;
  /** Where keys and values of earlier positions are kept, and those of this window go; null keeps none. */
  readonly store: number | null;
}

/** One sequence's rows [from, min(to, its length)). */
export interface SequenceRows {
  /** In the order of the plan. */
  readonly dictionaries: readonly DictionaryRows[];
  /** Rows of positions [max(start, from − 1), …); null when the plan has no predictions. */
  readonly predictions: readonly RowPredictions[] | null;
}

/** Measures of one dictionary at the reported rows. */
export interface DictionaryRows {
  readonly table: FeatureTable;
  /** The target's rows [n][d_out], centred where the dictionary centres; FVU is taken over them. */
  readonly target: readonly Float32Array[];
}

/** Bytes that the largest tensor of a fused trace may take: [rows, d_sae] or [rows, d_vocab] float32. */
export const MAX_FUSED_BYTES = 256 * 2 ** 20;

/** Runs one window; `onTook` is told how long its forward pass took. @throws non-finite naming the first hook where the sequence at fault stops being finite. */
export async function runWindow(
  execution: Execution,
  model: ModelHandle,
  plan: TracePlan,
  window: Window,
  signal?: AbortSignal,
  onTook?: OnTook,
): Promise<SequenceRows[]> {
  const { sequences, from, to } = window;
  const outputs = await run(execution, model, plan, window, signal, onTook);
  const width = to - from;
  const tables = await measureWindow(execution, plan, outputs, width * sequences.length, signal);
  const first = firstPredicted(window);
  const predictions = plan.predictions === 0 ? null : await predict(execution, model, plan, window, outputs, signal);
  const results: SequenceRows[] = [];
  for (const [s, ids] of sequences.entries()) {
    const start = s * width;
    const end = start + Math.max(0, Math.min(to, ids.length) - from);
    const dictionaries = tables.map(({ table, target }) => ({
      table: tableRows(table, start, end),
      target: target.slice(start, end),
    }));
    const predicted =
      predictions?.slice(s * (to - first), s * (to - first) + Math.max(0, Math.min(to, ids.length) - first)) ?? null;
    await checkFinite(execution, model, plan, ids, dictionaries, predicted, signal);
    results.push({ dictionaries, predictions: predicted });
  }
  return results;
}

/** First position with predictions: one before the first reported, since a token is predicted there. */
export function firstPredicted({ start, from }: Pick<Window, 'start' | 'from'>): number {
  return Math.max(start, from - 1);
}

async function run(
  execution: Execution,
  model: ModelHandle,
  plan: TracePlan,
  { sequences, start, end, from, to, store }: Window,
  signal?: AbortSignal,
  onTook?: OnTook,
): Promise<Record<string, Tensor>> {
  const names = traceOutputs(plan);
  if (names.length === 0 || start === end) return {};
  const length = end - start;
  const tokens = sequences.flatMap((ids) => Array.from({ length }, (_, i) => ids[start + i] ?? 0));
  const feeds: Record<string, Tensor> = {
    tokens: int64([sequences.length, length], tokens),
    to: int64([1], [to - start]),
    [PAST_LENGTH]: int64([1], [start]),
  };
  if (plan.dictionaries.length > 0) feeds.from = int64([1], [from - start]);
  if (plan.predictions > 0) {
    const first = firstPredicted({ start, from });
    feeds['from.predictions'] = int64([1], [first - start]);
    if (plan.stage === 'fused') feeds.targets = targetIds(sequences, first, to);
  }
  const layers = await pastLayers(model, plan);
  // Below the first attention there is nothing to keep, and a store without slots would be empty for ever.
  const resident = store === null || layers === 0 ? undefined : residentRows(model, layers, store, start);
  if (resident === undefined) Object.assign(feeds, emptyPast(model, layers, sequences.length));
  const recipe = {
    key: traceKey(model, plan),
    weights: 'packed' as const,
    build: () => traceProgram(model, plan, execution.target),
  };
  return execution.withSession(
    recipe,
    (id) => execution.runner.run(id, feeds, names, signal, resident, onTook),
    signal,
  );
}

function residentRows({ spec }: ModelHandle, layers: number, store: number, rows: number): Resident {
  const feeds: Record<string, number> = {};
  const keep: Record<string, number> = {};
  for (let layer = 0; layer < layers; layer++) {
    const { k, v } = pastNames(layer);
    feeds[k.past] = 2 * layer;
    feeds[v.past] = 2 * layer + 1;
    keep[k.fresh] = 2 * layer;
    keep[v.fresh] = 2 * layer + 1;
  }
  return { store, width: keyValueWidth(spec), rows, feeds, keep };
}

function emptyPast({ spec }: ModelHandle, layers: number, batch: number): Record<string, Tensor> {
  const none = float32([batch, 0, keyValueWidth(spec)], []);
  const names = Array.from({ length: layers }, (_, layer) => pastNames(layer));
  return Object.fromEntries(names.flatMap(({ k, v }) => [[k.past, none] as const, [v.past, none] as const]));
}

/** Tables and targets of all rows of a window, sequences one after the other; dictionary by dictionary. */
async function measureWindow(
  execution: Execution,
  plan: TracePlan,
  outputs: Readonly<Record<string, Tensor>>,
  n: number,
  signal?: AbortSignal,
): Promise<DictionaryRows[]> {
  const measured: DictionaryRows[] = [];
  for (const [i, dictionary] of plan.dictionaries.entries()) {
    await breathe();
    const rows = rowsOf(outputs, i, dictionary);
    const table = n === 0 ? emptyTable(0, plan.k) : await measureOne(execution, plan, outputs, i, rows, signal);
    measured.push({ table, target: targetRows(dictionary, rows.y) });
  }
  return measured;
}

async function measureOne(
  execution: Execution,
  plan: TracePlan,
  outputs: Readonly<Record<string, Tensor>>,
  i: number,
  rows: Rows,
  signal?: AbortSignal,
): Promise<FeatureTable> {
  const dictionary = plan.dictionaries[i]!;
  if (plan.stage === 'staged') return measureAllRows(execution, dictionary, rows, plan.k, signal);
  const n = rows.x.shape[0]!;
  const table = emptyTable(n, plan.k);
  const prefix = `${i}.`;
  const own = Object.entries(outputs).flatMap(([name, value]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
  );
  fillRows(
    table,
    Object.fromEntries(own),
    Array.from({ length: n }, (_, row) => row),
  );
  await measureRows(execution, dictionary, table, rows, incompleteRows(table, dictionary), 'dense', signal);
  return table;
}

async function predict(
  execution: Execution,
  model: ModelHandle,
  plan: TracePlan,
  window: Window,
  outputs: Readonly<Record<string, Tensor>>,
  signal?: AbortSignal,
): Promise<RowPredictions[]> {
  const { sequences, to } = window;
  const first = firstPredicted(window);
  const hasNext = sequences.flatMap((ids) =>
    Array.from({ length: to - first }, (_, row) => first + row + 1 < ids.length),
  );
  if (hasNext.length === 0) return [];
  if (plan.stage === 'fused') return readPredictions(outputs, hasNext);
  const { data, shape } = outputs.final as Tensor<'float32'>;
  const width = shape[2]!;
  const flat = float32([hasNext.length, width], data);
  const targets = targetIds(sequences, first, to);
  const chunk = Math.max(1, Math.floor(MAX_FUSED_BYTES / (4 * model.spec.d_vocab)));
  const build = (): ReturnType<typeof predictionProgram> =>
    predictionProgram(model, plan.predictions, execution.target);
  const recipe = { key: `predictions ${model.digest} ${plan.predictions}`, weights: 'mapped' as const, build };
  const all: RowPredictions[] = [];
  for (let at = 0; at < hasNext.length; at += chunk) {
    const rows = Array.from({ length: Math.min(chunk, hasNext.length - at) }, (_, i) => at + i);
    const final = float32([1, rows.length, width], takeRows(flat, rows).data);
    const feeds = {
      final,
      targets: int64(
        [1, rows.length],
        rows.map((row) => Number(targets.data[row])),
      ),
    };
    const part = await execution.withSession(
      recipe,
      (id) => execution.runner.run(id, feeds, PREDICTION_OUTPUTS, signal),
      signal,
    );
    all.push(
      ...readPredictions(
        part,
        rows.map((row) => hasNext[row]!),
      ),
    );
  }
  return all;
}

/** The id that follows each of positions [from, to), [sequences, to − from]; 0 stands in after the last. */
function targetIds(sequences: Window['sequences'], from: number, to: number): Tensor<'int64'> {
  const next = sequences.flatMap((ids) => Array.from({ length: to - from }, (_, i) => ids[from + i + 1] ?? 0));
  return int64([sequences.length, to - from], next);
}

async function checkFinite(
  execution: Execution,
  model: ModelHandle,
  plan: TracePlan,
  ids: readonly number[],
  dictionaries: readonly DictionaryRows[],
  predictions: readonly RowPredictions[] | null,
  signal?: AbortSignal,
): Promise<void> {
  for (const [i, { table }] of dictionaries.entries()) {
    if ([table.target_sq, table.error_sq, table.values].every(allFinite)) continue;
    const { hook_in, name } = plan.dictionaries[i]!;
    await reportNonFinite(execution, model, ids, `${hook_in}, read by ${name}`, signal);
  }
  const finite = predictions?.every(({ next, top }) => allFinite([next ?? 0, ...top.map((entry) => entry.logprob)]));
  if (finite === false) await reportNonFinite(execution, model, ids, 'the logits', signal);
}

function rowsOf(outputs: Readonly<Record<string, Tensor>>, i: number, dictionary: Dictionary): Rows {
  const get = (name: string, width: number): Tensor<'float32'> =>
    (outputs[`${i}.${name}`] as Tensor<'float32'> | undefined) ?? float32([0, width], []);
  const x = get('x', dictionary.d_in);
  return { x, y: isTranscoder(dictionary) ? get('y', dictionary.d_out) : x };
}
