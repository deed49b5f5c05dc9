/**
 * Trace: features, L0, reconstruction error and predictions of one sequence of ids.
 *
 * 1. Plan: all in one program when its largest tensor fits the budget, else in stages.
 * 2. Run the model once; encoders ride along (or get its rows in chunks).
 * 3. Rows where more features fire than the sparse variant looks at are measured again, densely: exact either way.
 * 4. Any non-finite number becomes an error that names the first hook where it appears.
 */
import { SondeError } from '../../core/errors.ts';
import { int64, type Tensor } from '../../core/tensor.ts';
import type { Dictionary } from '../../dictionary/dictionary.ts';
import { isTranscoder } from '../../dictionary/input.ts';
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
  takeRows,
} from './features.ts';
import { PREDICTION_OUTPUTS, type RowPredictions, readPredictions } from './predictions.ts';
import { predictionProgram, type TracePlan, traceOutputs, traceProgram } from './program.ts';

/** Bytes that the largest tensor of a fused trace may take: [rows, d_sae] or [rows, d_vocab] float32. */
export const MAX_FUSED_BYTES = 256 * 2 ** 20;

export interface TraceRequest {
  /** Token ids, BOS included where wanted. */
  readonly ids: readonly number[];
  readonly dictionaries: readonly Dictionary[];
  /** Features per position and dictionary. */
  readonly k: number;
  /** Positions [from, to) to report. */
  readonly from: number;
  readonly to: number;
  /** Likely next tokens per position; 0 for none. */
  readonly predictions: number;
}

/** Measures of one dictionary over the positions asked for. */
export interface DictionaryTrace {
  readonly table: FeatureTable;
  /** The target's rows [to − from, d_out], centred where the dictionary centres; FVU is taken over them. */
  readonly target: Tensor<'float32'>;
}

export interface TraceOutcome {
  /** In the order of the request. */
  readonly dictionaries: readonly DictionaryTrace[];
  /** Predictions at positions max(0, from − 1) … to − 1; null when not asked for. */
  readonly predictions: readonly RowPredictions[] | null;
}

/**
 * Traces one sequence.
 * @throws non-finite; position-out-of-range for an empty or wrong range; unknown-token for ids outside the vocabulary.
 */
export async function trace(
  execution: Execution,
  model: ModelHandle,
  request: TraceRequest,
  signal?: AbortSignal,
): Promise<TraceOutcome> {
  check(model, request);
  const plan = planTrace(model, request);
  const outputs = await runModel(execution, model, request, plan, signal);
  const dictionaries: DictionaryTrace[] = [];
  for (const [i, dictionary] of request.dictionaries.entries()) {
    const rows = rowsOf(outputs, i, dictionary);
    const table = await measured(execution, dictionary, i, outputs, rows, plan, signal);
    if (!allFinite(table.target_sq) || !allFinite(table.error_sq) || !allFinite(table.values)) {
      await reportNonFinite(execution, model, request.ids, `${dictionary.hook_in}, read by ${dictionary.name}`, signal);
    }
    dictionaries.push({ table, target: centred(rows.y, dictionary) });
  }
  return { dictionaries, predictions: await predictionsOf(execution, model, request, plan, outputs, signal) };
}

function check({ spec }: ModelHandle, { ids, from, to }: TraceRequest): void {
  if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= ids.length)) {
    throw new SondeError(
      'position-out-of-range',
      `Positions ${from}…${to} do not lie within the ${ids.length} tokens.`,
      {
        found: [from, to],
        expected: `0 ≤ from ≤ to ≤ ${ids.length}`,
      },
    );
  }
  const bad = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < spec.d_vocab));
  if (bad !== undefined) {
    throw new SondeError('unknown-token', `Token id ${bad} is outside the model's vocabulary of ${spec.d_vocab}.`, {
      found: bad,
      expected: `0 … ${spec.d_vocab - 1}`,
    });
  }
}

/** Fused unless one tensor of the fused program would pass the budget. */
function planTrace({ spec }: ModelHandle, request: TraceRequest): TracePlan {
  const rows = request.to - request.from + 1;
  const widths = [
    ...request.dictionaries.map((dictionary) => dictionary.d_sae),
    request.predictions > 0 ? spec.d_vocab : 0,
  ];
  const fused = rows * Math.max(0, ...widths) * 4 <= MAX_FUSED_BYTES;
  return {
    dictionaries: request.dictionaries,
    k: request.k,
    predictions: request.predictions,
    stage: fused ? 'fused' : 'staged',
  };
}

async function runModel(
  execution: Execution,
  model: ModelHandle,
  { ids, from, to }: TraceRequest,
  plan: TracePlan,
  signal?: AbortSignal,
): Promise<Record<string, Tensor>> {
  const names = traceOutputs(plan);
  if (names.length === 0 || from === to) return {};
  const feeds: Record<string, Tensor> = { tokens: int64([1, ids.length], ids), to: int64([1], [to]) };
  if (plan.dictionaries.length > 0) feeds.from = int64([1], [from]);
  if (plan.predictions > 0) {
    feeds['from.predictions'] = int64([1], [Math.max(0, from - 1)]);
    if (plan.stage === 'fused') {
      const targets = targetIds(ids, Math.max(0, from - 1), to);
      feeds.targets = { ...targets, shape: [1, ...targets.shape] };
    }
  }
  const used = plan.dictionaries.map(({ digest, folding, center_input }) => `${digest}/${folding}/${center_input}`);
  const recipe = {
    key: `trace ${model.digest} ${used.join()} ${plan.k} ${plan.predictions} ${plan.stage}`,
    weights: 'packed' as const,
    build: () => traceProgram(model, plan, execution.target),
  };
  return execution.withSession(recipe, (id) => execution.runner.run(id, feeds, names, signal), signal);
}

function rowsOf(outputs: Record<string, Tensor>, i: number, dictionary: Dictionary): Rows {
  const none = (width: number): Tensor<'float32'> => ({
    dtype: 'float32',
    shape: [0, width],
    data: new Float32Array(),
  });
  const x = (outputs[`${i}.x`] as Tensor<'float32'> | undefined) ?? none(dictionary.d_in);
  if (!isTranscoder(dictionary)) return { x, y: x };
  return { x, y: (outputs[`${i}.y`] as Tensor<'float32'> | undefined) ?? none(dictionary.d_out) };
}

async function measured(
  execution: Execution,
  dictionary: Dictionary,
  i: number,
  outputs: Record<string, Tensor>,
  rows: Rows,
  plan: TracePlan,
  signal?: AbortSignal,
): Promise<FeatureTable> {
  if (plan.stage === 'staged') return measureAllRows(execution, dictionary, rows, plan.k, signal);
  const n = rows.x.shape[0]!;
  const table = emptyTable(n, plan.k);
  if (n === 0) return table;
  const own = Object.fromEntries(
    Object.entries(outputs)
      .filter(([name]) => name.startsWith(`${i}.`))
      .map(([name, value]) => [name.slice(name.indexOf('.') + 1), value]),
  );
  fillRows(
    table,
    own,
    Array.from({ length: n }, (_, row) => row),
  );
  await measureRows(execution, dictionary, table, rows, incompleteRows(table, dictionary), 'dense', signal);
  return table;
}

async function predictionsOf(
  execution: Execution,
  model: ModelHandle,
  { ids, from, to }: TraceRequest,
  plan: TracePlan,
  outputs: Record<string, Tensor>,
  signal?: AbortSignal,
): Promise<readonly RowPredictions[] | null> {
  if (plan.predictions === 0) return null;
  if (from === to) return [];
  const first = Math.max(0, from - 1);
  const hasNext = Array.from({ length: to - first }, (_, row) => first + row + 1 < ids.length);
  const read = plan.stage === 'fused' ? readPredictions(outputs, hasNext) : await staged();
  const finite = read.every(({ next, top }) => allFinite([next ?? 0, ...top.map((entry) => entry.logprob)]));
  if (!finite) await reportNonFinite(execution, model, ids, 'the logits', signal);
  return read;

  async function staged(): Promise<RowPredictions[]> {
    const { data, shape } = outputs.final as Tensor<'float32'>;
    const flat: Tensor<'float32'> = { dtype: 'float32', shape: [shape[1]!, shape[2]!], data };
    const chunk = Math.max(1, Math.floor(MAX_FUSED_BYTES / (4 * model.spec.d_vocab)));
    const build = (): ReturnType<typeof predictionProgram> =>
      predictionProgram(model, plan.predictions, execution.target);
    const recipe = { key: `predictions ${model.digest} ${plan.predictions}`, weights: 'mapped' as const, build };
    const all: RowPredictions[] = [];
    for (let start = 0; start < hasNext.length; start += chunk) {
      const end = Math.min(hasNext.length, start + chunk);
      const rows = Array.from({ length: end - start }, (_, i) => start + i);
      const feeds = { final: takeRows(flat, rows), targets: targetIds(ids, first + start, first + end) };
      const part = await execution.withSession(
        recipe,
        (id) => execution.runner.run(id, feeds, PREDICTION_OUTPUTS, signal),
        signal,
      );
      all.push(...readPredictions(part, hasNext.slice(start, end)));
    }
    return all;
  }
}

/** The id that follows each of positions [from, to); 0 stands in after the last. */
function targetIds(ids: readonly number[], from: number, to: number): Tensor<'int64'> {
  return int64(
    [to - from],
    Array.from({ length: to - from }, (_, i) => ids[from + i + 1] ?? 0),
  );
}

function centred(rows: Tensor<'float32'>, dictionary: Dictionary): Tensor<'float32'> {
  if (!dictionary.center_input || isTranscoder(dictionary)) return rows;
  const [n, width] = rows.shape as [number, number];
  const data = rows.data.slice();
  for (let row = 0; row < n; row++) {
    const part = data.subarray(row * width, (row + 1) * width);
    const mean = part.reduce((sum, value) => sum + value, 0) / width;
    for (let j = 0; j < width; j++) part[j]! -= mean;
  }
  return { dtype: 'float32', shape: rows.shape, data };
}
