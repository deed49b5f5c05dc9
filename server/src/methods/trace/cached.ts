/**
 * Trace over what is known already. A lineage is the latest version of one text under one plan: its ids, its keys and
 * values in the runtime, its rows here. A request finds the lineage with the longest common prefix and computes only
 * what follows, in windows short enough that nothing else waits long.
 *
 * Invariants: rows of a lineage belong to its ids; the runtime holds keys and values of the first `cached` ids; one
 * request at a time works on a lineage. Equal to computing afresh up to rounding: a window's sums run in other orders.
 */
import { SondeError, throwIfCancelled } from '../../core/errors.ts';
import type { StoreId } from '../../core/runner.ts';
import { keyValueWidth } from '../../graph/past.ts';
import type { Execution } from '../execution.ts';
import type { ModelHandle } from '../model-handle.ts';
import { pastLayers, traceKey } from './program.ts';
import { joinRows, knownUntil, type RowStore, rowStore, sliceRows } from './rows.ts';
import { checkRequest, planTrace, type TraceRequest } from './trace.ts';
import { runWindow, type SequenceRows } from './window.ts';

/** Milliseconds that one run is planned to take at most; it cannot be interrupted. */
export const MAX_RUN_MS = 150;
/** Positions of a first run, before its speed is known. */
const FIRST_WINDOW = 64;
/** A run may be so many times as long as planned where that saves another. */
const OVERRUN = 1.25;
/** Times that a trace begins anew because the runtime has lost what it kept. */
const MAX_RETRIES = 2;
/** Positions of the shortest run that tells a speed. Windows are never planned shorter: they could not grow again. */
const MIN_WINDOW = 32;
const MAX_WINDOW = 512;
/** A prefix shorter than this share of a lineage is not worth destroying the rest of it. */
const FORK_SHARE = 0.5;

/** Texts in work and their rows. */
export interface TraceCache {
  trace(execution: Execution, model: ModelHandle, request: TraceRequest, signal?: AbortSignal): Promise<SequenceRows>;
  /** Forgets the lineages of a model or dictionary, by digest. */
  forget(execution: Execution, digest: string): void;
  stats(): {
    readonly lineages: number;
    readonly bytes: number;
    readonly reusedTokens: number;
    readonly computedTokens: number;
  };
}

interface Lineage {
  readonly key: string;
  readonly store: StoreId;
  ids: readonly number[];
  /** Positions whose keys and values are in the store. */
  cached: number;
  rows: RowStore;
  bytes: number;
  busy: boolean;
}

/** A cache of lineages that keeps at most about `budget` bytes, keys and values in the runtime included. */
export function traceCache(budget: number): TraceCache {
  const lineages = new Set<Lineage>();
  const speeds = new Map<string, number>();
  const opened = new Set<string>();
  let reusedTokens = 0;
  let computedTokens = 0;

  function claim(execution: Execution, key: string, request: TraceRequest): { lineage: Lineage; prefix: number } {
    const candidates = [...lineages].filter((entry) => entry.key === key && !entry.busy);
    const scored = candidates.map((lineage) => ({ lineage, prefix: commonPrefix(lineage.ids, request.ids) }));
    const best = scored.sort((a, b) => b.prefix - a.prefix)[0];
    const worth =
      best && best.prefix > 0 && best.prefix >= FORK_SHARE * Math.min(best.lineage.ids.length, request.ids.length);
    if (worth) {
      lineages.delete(best.lineage);
      lineages.add(best.lineage);
      return best;
    }
    const rows = rowStore(request.dictionaries.length);
    const lineage = { key, store: execution.runner.newStore(), ids: [], cached: 0, rows, bytes: 0, busy: false };
    lineages.add(lineage);
    return { lineage, prefix: 0 };
  }

  function evict(execution: Execution): void {
    let total = [...lineages].reduce((sum, entry) => sum + entry.bytes, 0);
    for (const entry of lineages) {
      if (total <= budget) return;
      if (entry.busy) continue;
      total -= entry.bytes;
      drop(execution, entry);
    }
  }

  function drop(execution: Execution, lineage: Lineage): void {
    lineages.delete(lineage);
    // The answer does not matter: a runtime that died has forgotten it already.
    execution.runner.dropStore(lineage.store).catch(() => {});
  }

  async function traceCached(
    execution: Execution,
    model: ModelHandle,
    request: TraceRequest,
    signal: AbortSignal | undefined,
    retries: number,
  ): Promise<SequenceRows> {
    checkRequest(model, request);
    const plan = planTrace(model, { ...request, from: 0, to: Math.min(request.to, MAX_WINDOW) });
    const key = traceKey(model, plan);
    const { lineage, prefix } = claim(execution, key, request);
    lineage.busy = true;
    try {
      lineage.rows.cut(prefix);
      lineage.cached = Math.min(lineage.cached, prefix);
      lineage.ids = request.ids.slice(0, prefix);
      reusedTokens += Math.min(lineage.cached, request.to);
      await extend(execution, model, plan, lineage, request, signal);
      return await sliceRows(lineage.rows, request);
    } catch (error) {
      // A failure may have left rows half-written; stale means that the runtime lost its half.
      drop(execution, lineage);
      const lost = error instanceof SondeError && error.kind === 'stale';
      if (!lost || retries === 0) throw error;
      throwIfCancelled(signal);
      return await traceCached(execution, model, request, signal, retries - 1);
    } finally {
      lineage.busy = false;
      evict(execution);
    }
  }

  return {
    trace: (execution, model, request, signal) => traceCached(execution, model, request, signal, MAX_RETRIES),
    forget(execution, digest) {
      for (const lineage of lineages) if (lineage.key.includes(digest) && !lineage.busy) drop(execution, lineage);
    },
    stats: () => ({
      lineages: lineages.size,
      bytes: [...lineages].reduce((sum, entry) => sum + entry.bytes, 0),
      reusedTokens,
      computedTokens,
    }),
  };

  /** Computes what the request needs and the lineage lacks, window by window. */
  async function extend(
    execution: Execution,
    model: ModelHandle,
    plan: ReturnType<typeof planTrace>,
    lineage: Lineage,
    { ids, from, to }: TraceRequest,
    signal?: AbortSignal,
  ): Promise<void> {
    let position = Math.min(lineage.cached, knownUntil(lineage.rows, from, to, plan.predictions > 0));
    lineage.ids = ids.slice(0, to);
    const layers = await pastLayers(model, plan);
    while (position < to) {
      throwIfCancelled(signal);
      const end = position + evenWindow(to - position, windowLength(lineage.key));
      // At least one row is encoded even where none was asked for: an empty matrix is no case for every kernel.
      const first = Math.min(end - 1, Math.max(from, position));
      const window = { sequences: [ids], start: position, end, from: first, to: end, store: lineage.store };
      const tokens = end - position;
      const [rows] = await runWindow(execution, model, plan, window, signal, (ms) => {
        noteSpeed(lineage.key, tokens, ms);
      });
      computedTokens += tokens;
      await joinRows(lineage.rows, rows!, first, Math.max(position, first - 1));
      lineage.cached = end;
      position = end;
    }
    lineage.bytes = lineage.rows.bytes() + lineage.cached * layers * 2 * keyValueWidth(model.spec) * 4;
  }

  function windowLength(key: string): number {
    const speed = speeds.get(key);
    if (speed === undefined) return FIRST_WINDOW;
    return Math.max(MIN_WINDOW, Math.min(MAX_WINDOW, Math.floor(MAX_RUN_MS / speed)));
  }

  /**
   * Keeps the fastest recent speed: a slow run is the machine's more often than the work's. Short windows say nothing
   * (reading the weights dominates), and neither does the first run, whose code is cold.
   */
  function noteSpeed(key: string, tokens: number, ms: number): void {
    if (!opened.has(key)) opened.add(key);
    else if (tokens >= MIN_WINDOW)
      speeds.set(key, Math.min(ms / tokens, (speeds.get(key) ?? Number.POSITIVE_INFINITY) * 1.05));
  }
}

/** The first of the fewest runs of about `length` positions that `left` divides into; a short rest costs nearly a whole run. */
export function evenWindow(left: number, length: number): number {
  return Math.ceil(left / Math.ceil(left / Math.min(MAX_WINDOW, OVERRUN * length)));
}

function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a[i] === b[i]) i++;
  return i;
}
