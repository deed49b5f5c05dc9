/** Turns a trace's columns into the result that scripts get. */
import { mapInTurns } from '../core/turn.ts';
import type { FeatureTable } from '../methods/trace/features.ts';
import type { RowPredictions } from '../methods/trace/predictions.ts';
import type { ColumnsResult, RunColumns } from './columns.ts';
import type { TokenFeatures, TokenPredictions, TraceResult, TraceRun } from './results.ts';

/**
 * The whole result, labels and fit verdicts as they are now; `tokenText` spells predicted ids. Dictionary by dictionary,
 * in turns.
 */
export async function viewTrace(columns: ColumnsResult, tokenText: (id: number) => string): Promise<TraceResult> {
  const { model, device, k, warnings } = columns;
  const runs: TraceRun[] = [];
  for (const run of columns.runs) runs.push(await viewRun(columns, run, tokenText));
  return { model, device, k, runs, warnings };
}

async function viewRun(
  { dictionaries }: ColumnsResult,
  run: RunColumns,
  tokenText: (id: number) => string,
): Promise<TraceRun> {
  const { bos, from, tokens, predictions } = run;
  return {
    bos,
    from,
    tokens,
    dictionaries: await mapInTurns(run.dictionaries, ({ name, table, mean_l0, fvu }) => {
      const { info, labels } = dictionaries.get(name)!;
      const label = (index: number): string | null => labels.get(index)?.label ?? null;
      return { ...info, tokens: tokens.map((_, row) => tokenFeatures(table, row, label)), mean_l0, fvu };
    }),
    predictions: predictions && tokenPredictions(predictions, from, tokens.length, tokenText),
  };
}

/** Predictions re-aligned: each token with its own log-probability and what may follow it. */
export function tokenPredictions(
  rows: readonly RowPredictions[],
  from: number,
  count: number,
  tokenText: (id: number) => string,
): TokenPredictions[] {
  // Rows start one position early, where there is one: a token's log-probability was given there.
  const offset = from > 0 ? 1 : 0;
  return Array.from({ length: count }, (_, i) => ({
    logprob: rows[i + offset - 1]?.next ?? null,
    next: rows[i + offset]!.top.map(({ id, logprob }) => ({ id, text: tokenText(id), logprob })),
  }));
}

/** One row of a table. */
export function tokenFeatures(
  { k, counts, indices, values, l0, error_sq, target_sq }: FeatureTable,
  row: number,
  label: (index: number) => string | null,
): TokenFeatures {
  const features = Array.from({ length: counts[row]! }, (_, j) => {
    const index = indices[row * k + j]!;
    return { index, activation: values[row * k + j]!, label: label(index) };
  });
  const total = target_sq[row]!;
  return { features, l0: l0[row]!, unexplained: total > 0 ? error_sq[row]! / total : null };
}
