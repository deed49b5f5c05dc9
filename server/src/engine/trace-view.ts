/** Turns a trace's columns into the result that doors show. */

import { fvu } from '../methods/metrics/fvu.ts';
import type { FeatureTable } from '../methods/trace/features.ts';
import type { RowPredictions } from '../methods/trace/predictions.ts';
import type { DictionaryRows } from '../methods/trace/window.ts';
import { type AttachedDictionary, dictionaryInfo, type LoadedModel } from './models.ts';
import type { DictionaryResult, TokenFeatures, TokenInfo, TokenPredictions } from './results.ts';

/** One dictionary's part of a run. */
export function dictionaryResult(
  attached: AttachedDictionary,
  { table, target }: DictionaryRows,
  tokens: readonly TokenInfo[],
): DictionaryResult {
  const counted = tokens.map((token) => !token.special);
  const n = counted.filter(Boolean).length;
  const l0 = counted.reduce((sum, counts, row) => sum + (counts ? table.l0[row]! : 0), 0);
  return {
    ...dictionaryInfo(attached),
    tokens: tokens.map((_, row) => tokenFeatures(attached, table, row)),
    mean_l0: n === 0 ? null : l0 / n,
    fvu: fvu(target.data, target.shape[1]!, table.error_sq, counted),
  };
}

/** Predictions re-aligned: each token with its own log-probability and what may follow it. */
export function tokenPredictions(
  model: LoadedModel,
  rows: readonly RowPredictions[],
  from: number,
  count: number,
): TokenPredictions[] {
  // Rows start one position early, where there is one: a token's log-probability was given there.
  const offset = from > 0 ? 1 : 0;
  return Array.from({ length: count }, (_, i) => ({
    logprob: rows[i + offset - 1]?.next ?? null,
    next: rows[i + offset]!.top.map(({ id, logprob }) => ({ id, text: model.tokenizer.tokenText(id), logprob })),
  }));
}

function tokenFeatures({ labels }: AttachedDictionary, table: FeatureTable, row: number): TokenFeatures {
  const { k, counts, indices, values, l0, error_sq, target_sq } = table;
  const features = Array.from({ length: counts[row]! }, (_, j) => {
    const index = indices[row * k + j]!;
    return { index, activation: values[row * k + j]!, label: labels.get(index)?.label ?? null };
  });
  const total = target_sq[row]!;
  return { features, l0: l0[row]!, unexplained: total > 0 ? error_sq[row]! / total : null };
}
