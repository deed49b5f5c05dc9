/**
 * A finished trace as columns: what the memo keeps, and what editors read. Labels and fit verdicts are not in it: they
 * are put in when it is viewed, so that a kept trace never shows an old one.
 */
import type { FeatureLabel } from '../dictionary/labels.ts';
import type { FeatureTable } from '../methods/trace/features.ts';
import type { RowPredictions } from '../methods/trace/predictions.ts';
import type { DictionaryInfo, ModelInfo, TokenInfo } from './results.ts';

/** One dictionary over the reported tokens of a run. */
export interface DictionaryColumns {
  /** Name among the model's dictionaries. */
  readonly name: string;
  /** Row i is token i of the run. */
  readonly table: FeatureTable;
  /** Mean over counted tokens; null without any. */
  readonly mean_l0: number | null;
  /** Σ‖y−ŷ‖² / Σ‖y−ȳ‖² over counted tokens; null where nothing varies. */
  readonly fvu: number | null;
}

/** One pass over the text with one BOS setting. */
export interface RunColumns {
  readonly bos: boolean;
  /** Position of the first reported token. */
  readonly from: number;
  readonly tokens: readonly TokenInfo[];
  readonly dictionaries: readonly DictionaryColumns[];
  /** Rows start at position max(0, from − 1); null when not asked for. */
  readonly predictions: readonly RowPredictions[] | null;
}

export interface TraceColumns {
  readonly k: number;
  readonly runs: readonly RunColumns[];
  readonly warnings: readonly string[];
}

/** Columns with what is known of their model and dictionaries at this moment. */
export interface ColumnsResult extends TraceColumns {
  readonly model: ModelInfo;
  readonly device: string;
  /** By name: every dictionary that a run reports. */
  readonly dictionaries: ReadonlyMap<string, DictionaryFacts>;
}

export interface DictionaryFacts {
  readonly info: DictionaryInfo;
  readonly labels: ReadonlyMap<number, FeatureLabel>;
}

/** Bytes of a token, and of a predicted one, as objects: about what V8 takes. */
const TOKEN_BYTES = 120;
const PREDICTION_BYTES = 64;

/** Bytes that a trace holds. */
export function columnsBytes({ runs }: TraceColumns): number {
  return runs.reduce((sum, { tokens, dictionaries, predictions }) => {
    const tables = dictionaries.reduce((bytes, { table }) => bytes + tableBytes(table), 0);
    const predicted = (predictions ?? []).reduce((bytes, { top }) => bytes + PREDICTION_BYTES * (1 + top.length), 0);
    return sum + TOKEN_BYTES * tokens.length + tables + predicted;
  }, 0);
}

function tableBytes({ counts, indices, values, l0, error_sq, target_sq }: FeatureTable): number {
  return [counts, indices, values, l0, error_sq, target_sq].reduce((sum, { byteLength }) => sum + byteLength, 0);
}
