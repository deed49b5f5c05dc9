/**
 * How often and how strongly each feature of a dictionary fires on the calibration text: what "share of maximum",
 * "percentile", "dense" and "BOS only" are taken of. One pass in the batch lane, kept while the dictionary is attached.
 */
import { throwIfCancelled } from '../core/errors.ts';
import { CALIBRATION_TEXTS } from '../dictionary/calibration-text.ts';
import { SPARSE_CAPACITY } from '../dictionary/dictionary-graph.ts';
import type { Execution } from '../methods/execution.ts';
import type { FeatureTable } from '../methods/trace/features.ts';
import type { AttachedDictionary, LoadedModel } from './models.ts';
import { type TraceReuse, traceText } from './tracing.ts';

export interface FeatureStats {
  /** Counted tokens (not BOS or special) behind the numbers. */
  readonly tokens: number;
  /** Counted tokens on which a feature fired. */
  fires(index: number): number;
  /** Share of counted tokens on which it fired. */
  density(index: number): number;
  /** Largest activation on counted tokens; 0 where it never fired. */
  max(index: number): number;
  /** Whether it fired on BOS or special tokens and on no counted one. */
  specialOnly(index: number): boolean;
  /** Share of its firing tokens whose activation is at most this one; null where it never fired. */
  percentile(index: number, activation: number): number | null;
}

/** Traces the calibration texts with one dictionary. */
export async function measureStats(
  reuse: TraceReuse,
  execution: Execution,
  model: LoadedModel,
  attached: AttachedDictionary,
  signal?: AbortSignal,
): Promise<FeatureStats> {
  const { d_sae } = attached.dictionary;
  const k = Math.min(SPARSE_CAPACITY, d_sae);
  const collected = collector(d_sae);
  for (const text of CALIBRATION_TEXTS) {
    throwIfCancelled(signal);
    const { runs } = await traceText(
      reuse,
      execution,
      model,
      [attached],
      { text, k, predictions: 0, truncate: true },
      signal,
    );
    for (const { tokens, dictionaries } of runs) {
      collected.add(
        dictionaries[0]!.table,
        tokens.map(({ special }) => special),
      );
    }
  }
  return collected.finish();
}

/** Adds up tables whose rows are tokens; `special` rows count apart. Features beyond a row's top k are not seen. */
export function collector(d_sae: number): {
  add(table: FeatureTable, special: readonly boolean[]): void;
  finish(): FeatureStats;
} {
  const counted = new Map<number, number[]>();
  const specialFires = new Uint32Array(d_sae);
  let tokens = 0;
  return {
    add({ n, k, counts, indices, values }, special) {
      for (let row = 0; row < n; row++) {
        if (!special[row]) tokens++;
        for (let j = row * k; j < row * k + counts[row]!; j++) {
          const index = indices[j]!;
          if (special[row]) specialFires[index]!++;
          else {
            const known = counted.get(index);
            if (known) known.push(values[j]!);
            else counted.set(index, [values[j]!]);
          }
        }
      }
    },
    finish() {
      const sorted = new Map([...counted].map(([index, values]) => [index, Float32Array.from(values).sort()]));
      const of = (index: number): Float32Array => sorted.get(index) ?? NONE;
      return {
        tokens,
        fires: (index) => of(index).length,
        density: (index) => (tokens === 0 ? 0 : of(index).length / tokens),
        max: (index) => of(index).at(-1) ?? 0,
        specialOnly: (index) => of(index).length === 0 && specialFires[index]! > 0,
        percentile(index, activation) {
          const values = of(index);
          return values.length === 0 ? null : countUpTo(values, Math.fround(activation)) / values.length;
        },
      };
    },
  };
}

const NONE = new Float32Array(0);

/** How many of ascending values are at most `limit`. */
function countUpTo(values: Float32Array, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
