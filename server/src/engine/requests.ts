/** What callers of the engine say: which model, dictionary, feature, lane; and what a status tells. */
import type { OpenDictionaryOptions } from '../dictionary/open.ts';
import type { TraceCache } from '../methods/trace/cached.ts';
import type { MemoStats } from './memo.ts';
import type { Residency } from './residency.ts';
import type { ModelInfo, RuntimeStatus } from './results.ts';
import type { Lane } from './scheduler.ts';
import type { TraceOptions } from './tracing.ts';

/** Which loaded model is meant; the only one when absent. */
export interface ModelChoice {
  readonly model?: string | undefined;
}

export interface DictionaryChoice extends ModelChoice {
  readonly dictionary: string;
}

export interface FeatureChoice extends DictionaryChoice {
  readonly feature: number;
}

/** Which lane a request waits in; batch when absent. */
export interface LaneChoice {
  readonly lane?: Lane;
}

/** A trace with its model, dictionaries (all when absent) and lane. */
export interface TraceCall extends ModelChoice, LaneChoice, TraceOptions {
  readonly dictionaries?: readonly string[] | undefined;
}

export interface LoadModelOptions {
  /** Path or hub id. */
  readonly name: string;
  /** Folder, where the name is not one (the embedded model). */
  readonly folder?: string;
}

export interface LoadDictionaryOptions extends ModelChoice, OpenDictionaryOptions {
  /** Path, or hub id with sub-folder. */
  readonly path: string;
}

export interface EngineStatus {
  readonly device: string;
  readonly models: readonly ModelInfo[];
  readonly waiting: Readonly<Record<Lane, number>>;
  readonly memo: MemoStats;
  readonly prefix: ReturnType<TraceCache['stats']>;
  readonly sessions: { readonly bytes: number; readonly sessions: number };
  /** Models and dictionaries that are open; others are opened again when they are used. */
  readonly resident: ReturnType<Residency['usage']>;
  readonly runtime: RuntimeStatus;
}
