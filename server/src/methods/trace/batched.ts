/**
 * Short texts side by side: while one run is under way, requests of the same plan gather and run together. Measured on
 * the CPU, 16 texts of 8 tokens take less than half the time of 16 runs; from 128 tokens on a batch is slower.
 */
import { SondeError } from '../../core/errors.ts';
import type { Execution } from '../execution.ts';
import type { ModelHandle } from '../model-handle.ts';
import { traceKey } from './program.ts';
import { checkRequest, planTrace, type TraceRequest } from './trace.ts';
import { runWindow, type SequenceRows } from './window.ts';

/** Longest text that is batched, in tokens. */
export const MAX_BATCHED_LENGTH = 32;
/** Padded tokens of one batch: keeps the run under its planned length. */
const MAX_BATCH_TOKENS = 128;

export interface TraceBatcher {
  /** Traces a whole short text (from 0). */
  trace(execution: Execution, model: ModelHandle, request: TraceRequest, signal?: AbortSignal): Promise<SequenceRows>;
}

interface Entry {
  readonly request: TraceRequest;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (rows: SequenceRows) => void;
  readonly reject: (error: unknown) => void;
}

interface Group {
  readonly waiting: Entry[];
  running: boolean;
}

/** Groups requests by runner lane and plan. */
export function traceBatcher(): TraceBatcher {
  const groups = new Map<Execution, Map<string, Group>>();

  async function drain(execution: Execution, model: ModelHandle, group: Group): Promise<void> {
    group.running = true;
    // One turn of the event loop lets requests that arrived together line up.
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (let batch = take(group); batch.length > 0; batch = take(group)) await runBatch(execution, model, batch);
    group.running = false;
  }

  return {
    trace(execution, model, request, signal) {
      checkRequest(model, request);
      const key = `${traceKey(model, planTrace(model, request))}`;
      const byKey = groups.get(execution) ?? new Map<string, Group>();
      groups.set(execution, byKey);
      const group = byKey.get(key) ?? { waiting: [], running: false };
      byKey.set(key, group);
      return new Promise<SequenceRows>((resolve, reject) => {
        group.waiting.push({ request, signal, resolve, reject });
        if (!group.running)
          void drain(execution, model, group).finally(() => group.waiting.length === 0 && byKey.delete(key));
      });
    },
  };
}

/** The next entries that fit in one batch; cancelled ones leave. */
function take(group: Group): Entry[] {
  const batch: Entry[] = [];
  let longest = 0;
  while (group.waiting.length > 0) {
    const entry = group.waiting[0]!;
    if (entry.signal?.aborted) {
      group.waiting.shift();
      entry.reject(new SondeError('cancelled', 'The request was cancelled.'));
      continue;
    }
    longest = Math.max(longest, entry.request.ids.length);
    if (batch.length > 0 && longest * (batch.length + 1) > MAX_BATCH_TOKENS) break;
    batch.push(group.waiting.shift()!);
  }
  return batch;
}

async function runBatch(execution: Execution, model: ModelHandle, batch: readonly Entry[]): Promise<void> {
  const sequences = batch.map(({ request }) => request.ids);
  const end = Math.max(...sequences.map((ids) => ids.length));
  const window = { sequences, start: 0, end, from: 0, to: end, store: null };
  try {
    const rows = await runWindow(execution, model, planTrace(model, batch[0]!.request), window);
    batch.forEach(({ resolve }, i) => {
      resolve(rows[i]!);
    });
  } catch (error) {
    // One text's failure (a non-finite value) is not the others': each gets a run of its own.
    if (batch.length === 1) batch[0]!.reject(error);
    else for (const entry of batch) await runBatch(execution, model, [entry]);
  }
}
