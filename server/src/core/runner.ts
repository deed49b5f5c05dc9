/**
 * What the science needs from an inference runtime, without naming one. `runtime/` implements it over a child process;
 * `main` injects it. A program is immutable ONNX bytes whose initializers may lie in files.
 */
import type { Tensor } from './tensor.ts';

export type Device = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';

/** A compiled program before it is opened. */
export interface Program {
  /** Serialised ONNX ModelProto. */
  readonly bytes: Uint8Array;
  /** Common ancestor folder of every external initializer, absolute; absent when all are inline. */
  readonly folder?: string;
  /** For logs and error messages, such as `trace gpt2 L8`. */
  readonly label: string;
}

/** A program with the memory that its weights will take beyond their files. */
export interface SizedProgram extends Program {
  readonly memory: ProgramMemory;
}

/** Predicted anonymous memory of an open program's weights, in bytes. */
export interface ProgramMemory {
  /** Opened `packed`: a float32 copy of every matrix it multiplies by, and what `mapped` takes. */
  readonly packed: number;
  /** Opened `mapped`: half-precision weights widened, and tensors that lie in memory already. */
  readonly mapped: number;
}

export interface OpenOptions {
  /** `packed` copies each multiplied matrix once for speed; `mapped` opens at once and shares file pages. */
  readonly weights: 'packed' | 'mapped';
  /** Outputs that every run keeps as resident tensors; on WebGPU they never leave the device. They cannot be fetched. */
  readonly keeps?: readonly string[];
}

/** An opened program. Ids are never reused within a runner. */
export type SessionId = number;

/** Rows or tensors kept in the runtime process between runs. Ids are never reused within a runner. */
export type StoreId = number;

/** What a run reads from and leaves in a store, of rows or of whole tensors. A store holds one of the two. */
export type Resident = ResidentRows | ResidentTensors;

/**
 * Whole tensors of any shape, such as a model's parameters and moments in training, which every step replaces.
 * A failed run leaves them as they were. To read them, run a session that gives them back as outputs that travel.
 */
export interface ResidentTensors {
  readonly store: StoreId;
  /** Program input → name of the stored tensor; one tensor may feed several inputs. */
  readonly tensors: Readonly<Record<string, string>>;
  /** Program output → name under which it replaces the stored tensor; named in `OpenOptions.keeps` when opened. */
  readonly keep: Readonly<Record<string, string>>;
}

/**
 * Rows that runs append: keys and values of past tokens.
 * A store is a set of slots of equally many float32 rows; it exists from its first run with `rows` 0 until it is
 * dropped, or until the process dies.
 */
export interface ResidentRows {
  readonly store: StoreId;
  /** Elements of a row, the same in every slot. */
  readonly width: number;
  /** The run sees the first `rows` rows of every slot; later ones are forgotten. */
  readonly rows: number;
  /** Program input, [1, rows, width] → slot. */
  readonly feeds: Readonly<Record<string, number>>;
  /** Program output, [1, n, width] → slot, to which it is appended; it does not travel. */
  readonly keep: Readonly<Record<string, number>>;
}

/** Memory of the process that owns the sessions, in bytes. */
export interface RunnerMemory {
  readonly rss: number;
  /** Private anonymous memory (copies and packed weights); absent where the system does not tell. */
  readonly anonymous?: number;
}

/** Told the milliseconds that a call took once its turn had come, as soon as it has ended. */
export type OnTook = (milliseconds: number) => void;

/** Runs programs. Every method rejects with a SondeError. A run cannot be interrupted; its signal is read before it starts. */
export interface Runner {
  readonly device: Device;
  open(program: Program, options: OpenOptions, signal?: AbortSignal): Promise<SessionId>;
  /**
   * Runs a session and returns the outputs named in `fetches`.
   * @throws invalid-params for a wrong feed; runtime-restarted (retryable) when the process died; out-of-memory;
   * stale when the store holds fewer than `resident.rows` rows (start again from row 0) or lacks a tensor.
   */
  run(
    session: SessionId,
    feeds: Readonly<Record<string, Tensor>>,
    fetches: readonly string[],
    signal?: AbortSignal,
    resident?: Resident,
    onTook?: OnTook,
  ): Promise<Record<string, Tensor>>;
  close(session: SessionId): Promise<void>;
  /** A fresh store id; nothing is allocated before its first run. */
  newStore(): StoreId;
  /** Forgets a store; unknown ids are ignored, since a death forgets all. */
  dropStore(store: StoreId): Promise<void>;
  memory(): Promise<RunnerMemory>;
  dispose(): Promise<void>;
}
