/**
 * Messages between the runner and the process that owns the native sessions. The runner keeps one call in flight at a
 * time, because native runs are synchronous: a reply therefore needs no id. Typed arrays travel as structured clones
 * (`serialization: 'advanced'`), large tensors of runs beside them (tensor-file.ts). Absent on purpose: cancellation,
 * since a native run cannot be interrupted.
 */
import type { ErrorData, ErrorKind } from '../core/errors.ts';
import type { Device, OpenOptions, Program, Resident, RunnerMemory, SessionId, StoreId } from '../core/runner.ts';
import type { Tensor } from '../core/tensor.ts';
import type { SentTensor } from './tensor-file.ts';

/** Every call the process answers: parameters and result. */
export interface Calls<T = Tensor> {
  /** `strict` refuses a program of which the device cannot run every node, instead of running those on the CPU. */
  open: { params: { session: SessionId; program: Program; options: OpenOptions; strict?: boolean }; result: null };
  run: {
    params: {
      session: SessionId;
      feeds: Readonly<Record<string, T>>;
      fetches: readonly string[];
      resident?: Resident;
    };
    result: Record<string, T>;
  };
  close: { params: { session: SessionId }; result: null };
  dropStore: { params: { store: StoreId }; result: null };
  memory: { params: null; result: RunnerMemory };
  /** Which of these shared libraries the dynamic loader does not find, by its own search rules. */
  missingLibraries: { params: { names: readonly string[] }; result: readonly string[] };
}

export type CallName = keyof Calls;

/** What travels. */
export type SentCalls = Calls<SentTensor>;

export type CallMessage = {
  [K in CallName]: { readonly call: K; readonly params: SentCalls[K]['params'] };
}[CallName];

/** What the process says: once that it is ready, then one answer for each call. */
export type ProcessMessage =
  | { readonly ready: true; readonly backends: readonly string[] }
  | { readonly result: SentCalls[CallName]['result'] }
  | { readonly error: WireError };

/** A SondeError without its class, which a structured clone would lose. */
export interface WireError {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly data: ErrorData;
}

/** What the process is told at its start, as JSON in its only argument. */
export interface ProcessSettings {
  readonly device: Device;
  /** Threads of one operator; absent: one for each physical core. */
  readonly threads?: number;
}

/** The same with what the process inherits. */
export interface ChildSettings extends ProcessSettings {
  /** Descriptor of the tensor file; null where there is none. */
  readonly tensors: number | null;
}
