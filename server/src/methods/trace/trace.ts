/**
 * Trace: features, L0, reconstruction error and predictions of one sequence of ids, computed afresh in one window.
 * `cached.ts` does the same over what is known already.
 */
import { SondeError } from '../../core/errors.ts';
import type { Dictionary } from '../../dictionary/dictionary.ts';
import type { Execution } from '../execution.ts';
import { checkIds, type ModelHandle } from '../model-handle.ts';
import type { TracePlan } from './program.ts';
import { MAX_FUSED_BYTES, runWindow, type SequenceRows } from './window.ts';

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

/**
 * Traces one sequence.
 * @throws non-finite; position-out-of-range for a wrong range; unknown-token for ids outside the vocabulary.
 */
export async function trace(
  execution: Execution,
  model: ModelHandle,
  request: TraceRequest,
  signal?: AbortSignal,
): Promise<SequenceRows> {
  checkRequest(model, request);
  const { ids, from, to } = request;
  const window = { sequences: [ids], start: 0, end: from === to ? 0 : to, from, to, store: null };
  const [rows] = await runWindow(
    execution,
    model,
    planTrace(model, request),
    from === to ? { ...window, from: 0, to: 0 } : window,
    signal,
  );
  return rows!;
}

/** @throws position-out-of-range; unknown-token. */
export function checkRequest(model: ModelHandle, { ids, from, to }: Pick<TraceRequest, 'ids' | 'from' | 'to'>): void {
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
  checkIds(model, ids);
}

/** Fused unless one tensor of the fused program would pass the budget, for a window of `rows` rows. */
export function planTrace(
  { spec }: ModelHandle,
  request: Pick<TraceRequest, 'dictionaries' | 'k' | 'predictions' | 'from' | 'to'>,
): TracePlan {
  const rows = request.to - request.from + 1;
  const widths = [
    ...request.dictionaries.map((dictionary) => dictionary.d_sae),
    request.predictions > 0 ? spec.d_vocab : 0,
  ];
  const fused = rows * Math.max(0, ...widths) * 4 <= MAX_FUSED_BYTES;
  const { dictionaries, k, predictions } = request;
  return { dictionaries, k, predictions, stage: fused ? 'fused' : 'staged' };
}
