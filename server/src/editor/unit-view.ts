/** A unit with its trace: tokens where they are written, and the rows of every run that stand for them. */
import { breathe } from '../core/turn.ts';
import type { ColumnsResult, DictionaryColumns, RunColumns } from '../engine/columns.ts';
import type { TokenInfo } from '../engine/results.ts';
import type { Lane } from '../engine/scheduler.ts';
import { renderChat } from '../prompt/chat.ts';
import type { Range } from '../prompt/lines.ts';
import type { Problem, Unit } from '../prompt/unit.ts';
import type { Choice } from './choice.ts';
import type { EditorEngine } from './services.ts';

/** A token of the text; BOS that was added is none. */
export interface ViewToken extends TokenInfo {
  /** Where it is written; null for text of a chat template. */
  readonly range: Range | null;
  /** Its row in each run. */
  readonly rows: readonly number[];
}

export interface UnitView {
  /** As it was read: chat rendered. */
  readonly unit: Unit;
  readonly choice: Choice;
  readonly trace: ColumnsResult & { readonly tokenText: (id: number) => string };
  readonly tokens: readonly ViewToken[];
  /** What rendering a chat found. */
  readonly problems: readonly Problem[];
}

/** Features per token that a trace keeps for editors: all that fire for most dictionaries. */
export const EDITOR_K = 64;
/** Next tokens of a hover. */
export const EDITOR_PREDICTIONS = 5;

export interface ViewOptions {
  readonly lane: Lane;
  readonly predictions?: boolean;
  readonly k?: number;
}

/** Traces a unit. Text beyond the context is cut; the trace's warnings say so. @throws what the engine throws. */
export async function viewUnit(
  engine: EditorEngine,
  unit: Unit,
  choice: Choice,
  { lane, predictions = false, k = EDITOR_K }: ViewOptions,
  signal?: AbortSignal,
): Promise<UnitView> {
  const { model } = choice;
  const read = renderChat(unit, (messages) => engine.renderChat({ model, messages }));
  const trace = await engine.traceColumns(
    {
      model,
      dictionaries: choice.dictionaries.map(({ name }) => name),
      text: read.text,
      truncate: true,
      k,
      predictions: predictions ? EDITOR_PREDICTIONS : 0,
      lane,
    },
    signal,
  );
  await breathe();
  return { unit: read, choice, trace, tokens: viewTokens(read, trace.runs), problems: read.problems };
}

/** Runs differ in BOS alone: token i of the text is row i, or i + 1 behind BOS. */
function viewTokens(unit: Unit, runs: readonly RunColumns[]): ViewToken[] {
  const [first] = runs;
  if (!first) return [];
  const offsets = runs.map(({ bos }) => (bos ? 1 : 0));
  // A run with BOS holds one token less of a text that was cut.
  const count = Math.min(...runs.map(({ tokens }, run) => tokens.length - offsets[run]!));
  return first.tokens
    .slice(offsets[0], offsets[0]! + Math.max(0, count))
    .map(({ id, text, start, end, special, partial }, i) => ({
      id,
      text,
      start,
      end,
      special,
      partial,
      range: unit.locate(start, end),
      rows: offsets.map((offset) => i + offset),
    }));
}

/** Each dictionary's column with its run. */
export function* columnsOf({ trace }: Pick<UnitView, 'trace'>): Generator<{ run: number; column: DictionaryColumns }> {
  for (const [run, { dictionaries }] of trace.runs.entries()) for (const column of dictionaries) yield { run, column };
}
