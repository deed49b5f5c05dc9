/** Trace requests over a loaded model: options checked, one run per BOS setting, results assembled. */
import { SondeError } from '../core/errors.ts';
import { MAX_PREDICTIONS, MAX_TOP_K } from '../core/limits.ts';
import { breathe, mapInTurns } from '../core/turn.ts';
import { LOGITS, readActivations } from '../methods/activations.ts';
import type { Execution } from '../methods/execution.ts';
import { fvu } from '../methods/metrics/fvu.ts';
import { allFinite, reportNonFinite } from '../methods/non-finite.ts';
import { MAX_BATCHED_LENGTH, type TraceBatcher } from '../methods/trace/batched.ts';
import type { TraceCache } from '../methods/trace/cached.ts';
import { type TraceRequest, trace } from '../methods/trace/trace.ts';
import type { DictionaryRows, SequenceRows } from '../methods/trace/window.ts';
import type { EncodedText } from '../model/tokenizer/tokenizer.ts';
import type { DictionaryColumns, RunColumns, TraceColumns } from './columns.ts';
import { type AttachedDictionary, type LoadedModel, modelInfo } from './models.ts';
import type { ActivationsResult, TokenInfo } from './results.ts';
import { type BosGroup, bosGroups, encodeForModel, tokenInfos } from './text.ts';

/** What earlier requests left behind. */
export interface TraceReuse {
  readonly batcher: TraceBatcher;
  readonly cache: TraceCache;
}

export interface TextOptions {
  readonly text: string;
  /** Tokens [from, to) to report; all when absent. Positions count BOS. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Overrides what the dictionaries, or the model, ask for. */
  readonly bos?: boolean | undefined;
  /** Cut a text that is longer than the context instead of refusing it. */
  readonly truncate?: boolean | undefined;
}

export interface TraceOptions extends TextOptions {
  /** Features per token and dictionary, 1 … MAX_TOP_K. */
  readonly k: number;
  /** Likely next tokens per token; 0 for none. */
  readonly predictions: number;
}

/** Everything that a trace's result depends on, as one string; it contains the digests of model and dictionaries. */
export function traceKey(
  model: LoadedModel,
  dictionaries: readonly AttachedDictionary[],
  options: TraceOptions,
): string {
  const { text, from, to, bos, truncate, k, predictions } = options;
  const used = dictionaries.map(({ dictionary: d }) => [d.name, d.digest, d.folding, d.center_input]);
  return JSON.stringify([model.name, model.checkpoint.digest, used, k, predictions, bos, truncate, from, to, text]);
}

/** Traces a text with some of a model's dictionaries. */
export async function traceText(
  reuse: TraceReuse,
  execution: Execution,
  model: LoadedModel,
  dictionaries: readonly AttachedDictionary[],
  options: TraceOptions,
  signal?: AbortSignal,
): Promise<TraceColumns> {
  checkWhole('k', options.k, 1, MAX_TOP_K);
  checkWhole('predictions', options.predictions, 0, MAX_PREDICTIONS);
  const warnings: string[] = [];
  const runs: RunColumns[] = [];
  for (const group of bosGroups(model, dictionaries, options.bos, warnings)) {
    runs.push(await runGroup(reuse, execution, model, group, options, warnings, signal));
  }
  return { k: options.k, runs, warnings: [...new Set(warnings)] };
}

/**
 * Reads tensors at hooks (and `logits`) over a text.
 * @throws non-finite naming the first hook that is not finite.
 */
export async function activationsOf(
  execution: Execution,
  model: LoadedModel,
  hooks: readonly string[],
  options: TextOptions,
  signal?: AbortSignal,
): Promise<ActivationsResult> {
  const warnings: string[] = [];
  const bos = options.bos ?? model.tokenizer.addsBos;
  const encoded = await encodeForModel(model, options.text, { bos, truncate: options.truncate ?? false }, warnings);
  const { from, to } = rangeOf(options, encoded);
  const whole =
    encoded.ids.length === 0 ? {} : await readActivations(execution, model.handle, encoded.ids, hooks, signal);
  for (const [name, { data }] of Object.entries(whole)) {
    if (!allFinite(data)) await reportNonFinite(execution, model.handle, encoded.ids, name, signal);
  }
  const tensors = Object.fromEntries(
    Object.entries(whole).map(([name, tensor]) => [name, cutRows(tensor, name, from, to)]),
  );
  return { model: modelInfo(model), bos, tokens: tokenInfos(model, encoded, from, to), tensors, warnings };
}

/** The name that stands for logits among hooks. */
export const LOGITS_NAME = LOGITS;

/** Short whole texts run side by side, longer ones go on from what is known. */
async function traceIds(
  { batcher, cache }: TraceReuse,
  execution: Execution,
  model: LoadedModel,
  request: TraceRequest,
  signal?: AbortSignal,
): Promise<SequenceRows> {
  const { ids, from, to } = request;
  if (from === to) return trace(execution, model.handle, request, signal);
  const short = ids.length <= MAX_BATCHED_LENGTH && from === 0 && to === ids.length;
  return short
    ? batcher.trace(execution, model.handle, request, signal)
    : cache.trace(execution, model.handle, request, signal);
}

async function runGroup(
  reuse: TraceReuse,
  execution: Execution,
  model: LoadedModel,
  group: BosGroup,
  options: TraceOptions,
  warnings: string[],
  signal?: AbortSignal,
): Promise<RunColumns> {
  await breathe();
  const encoded = await encodeForModel(
    model,
    options.text,
    { bos: group.bos, truncate: options.truncate ?? false },
    warnings,
  );
  const { from, to } = rangeOf(options, encoded);
  warnBeyondTraining(group, encoded.ids.length, warnings);
  const dictionaries = group.dictionaries.map(({ dictionary }) => dictionary);
  const { k, predictions } = options;
  const request = { ids: encoded.ids, dictionaries, k, from, to, predictions };
  const outcome = await traceIds(reuse, execution, model, request, signal);
  const tokens = tokenInfos(model, encoded, from, to);
  return {
    bos: group.bos,
    from,
    tokens,
    dictionaries: await mapInTurns(dictionaries, ({ name }, i) =>
      dictionaryColumns(name, outcome.dictionaries[i]!, tokens),
    ),
    predictions: outcome.predictions,
  };
}

function dictionaryColumns(
  name: string,
  { table, target }: DictionaryRows,
  tokens: readonly TokenInfo[],
): DictionaryColumns {
  const counted = tokens.map((token) => !token.special);
  const n = counted.filter(Boolean).length;
  const l0 = counted.reduce((sum, counts, row) => sum + (counts ? table.l0[row]! : 0), 0);
  return {
    name,
    table,
    mean_l0: n === 0 ? null : l0 / n,
    fvu: fvu(target, table.error_sq, (row) => counted[row]!),
  };
}

function warnBeyondTraining(group: BosGroup, length: number, warnings: string[]): void {
  for (const { dictionary } of group.dictionaries) {
    const trained = dictionary.convention.context_size;
    if (trained === null || length <= trained) continue;
    warnings.push(`${dictionary.name} was trained on contexts of ${trained} tokens; this text has ${length}.`);
  }
}

function rangeOf({ from = 0, to }: TextOptions, { ids }: EncodedText): { from: number; to: number } {
  const end = to ?? ids.length;
  if (Number.isInteger(from) && Number.isInteger(end) && from >= 0 && from <= end && end <= ids.length)
    return { from, to: end };
  throw new SondeError(
    'position-out-of-range',
    `Positions ${from}…${end} do not lie within the ${ids.length} tokens of the text.`,
    {
      found: [from, end],
      expected: [0, ids.length],
    },
  );
}

type Rows = ActivationsResult['tensors'][string];

/** Cuts the position axis; scores and patterns keep theirs whole, since both their axes are positions. */
function cutRows(tensor: Rows, name: string, from: number, to: number): Rows {
  const [batch, pos, ...rest] = tensor.shape as [number, number, ...number[]];
  if (name.endsWith('hook_attn_scores') || name.endsWith('hook_pattern') || (from === 0 && to === pos)) return tensor;
  const width = rest.reduce((a, b) => a * b, 1);
  return { dtype: 'float32', shape: [batch, to - from, ...rest], data: tensor.data.slice(from * width, to * width) };
}

function checkWhole(field: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new SondeError('invalid-params', `${field} is ${value}; expected a whole number ${low} … ${high}.`, {
    field,
    found: value,
    expected: [low, high],
  });
}
