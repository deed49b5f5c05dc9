/** FVU and L0 of a dictionary over a stream of activations, in bounded memory whatever fires. */
import { SondeError } from '../core/errors.ts';
import { rowVariance } from '../core/row-variance.ts';
import type { Runner, SessionId } from '../core/runner.ts';
import { float32, type Tensor } from '../core/tensor.ts';
import type { Dictionary } from './dictionary.ts';
import { denseRows, dictionaryProgram, isComplete, type Measure } from './dictionary-graph.ts';
import { isTranscoder } from './input.ts';
import { targetRows } from './target-rows.ts';

/** What was measured over the counted positions. */
export interface Fit {
  /** Σ‖y − ŷ‖² / Σ‖y − ȳ‖²; 1 is what the mean predicts. */
  readonly fvu: number;
  /** Mean active features per position. */
  readonly l0: number;
  readonly positions: number;
}

/** Opened programs of one dictionary, sparse and dense; use one meter for any number of streams. */
export interface Meter {
  /** A stream of activations at one place; add batches, then read. */
  start(): FitStream;
  close(): Promise<void>;
}

export interface FitStream {
  /** x [rows, d_in] and y [rows, d_out], every row counted. `place` names the hook in errors. */
  add(x: Tensor<'float32'>, y: Tensor<'float32'>, place: string, signal?: AbortSignal): Promise<void>;
  fit(): Fit;
}

const OUTPUTS: readonly Measure[] = ['l0', 'error_sq'];
/** Only L0 and the error are wanted, and the sparse variant looks at its capacity anyway. */
const K = 1;

/** Prepares measuring; with `permuted` every feature is decoded by another one's row. */
export function createMeter(runner: Runner, dictionary: Dictionary, permuted = false): Meter {
  const opened = new Map<'sparse' | 'dense', Promise<SessionId>>();
  const session = (variant: 'sparse' | 'dense'): Promise<SessionId> => {
    const known = opened.get(variant);
    if (known) return known;
    const target = runner.device === 'cpu' ? 'cpu' : 'gpu';
    const program = dictionaryProgram(dictionary, { variant, k: K, permuted }, OUTPUTS, target);
    const opening = runner.open(program, { weights: 'mapped' });
    opened.set(variant, opening);
    return opening;
  };
  const run = async (variant: 'sparse' | 'dense', x: Tensor, y: Tensor, signal?: AbortSignal): Promise<Rows> => {
    const feeds = isTranscoder(dictionary) ? { x, y } : { x };
    const out = await runner.run(await session(variant), feeds, OUTPUTS, signal);
    return { l0: out.l0!.data as Float32Array, error_sq: out.error_sq!.data as Float32Array };
  };
  return {
    start: () => createStream(dictionary, run),
    async close() {
      for (const opening of opened.values()) await runner.close(await opening);
      opened.clear();
    },
  };
}

interface Rows {
  readonly l0: Float32Array;
  readonly error_sq: Float32Array;
}

type RunRows = (variant: 'sparse' | 'dense', x: Tensor, y: Tensor, signal?: AbortSignal) => Promise<Rows>;

function createStream(dictionary: Dictionary, run: RunRows): FitStream {
  const variance = rowVariance(dictionary.d_out);
  let errors = 0;
  let active = 0;
  const chunk = denseRows(dictionary.d_sae);
  return {
    async add(x, y, place, signal) {
      const rows = x.shape[0]!;
      for (let from = 0; from < rows; from += chunk) {
        const to = Math.min(rows, from + chunk);
        const [part, target] = [rowRange(x, from, to), rowRange(y, from, to)];
        const sparse = await run('sparse', part, target, signal);
        const complete = sparse.l0.every((l0) => isComplete(dictionary, K, l0));
        const { l0, error_sq } = complete ? sparse : await run('dense', part, target, signal);
        for (let row = 0; row < to - from; row++) {
          if (!Number.isFinite(error_sq[row]!)) nonFinite(dictionary, place);
          errors += error_sq[row]!;
          active += l0[row]!;
        }
        for (const row of targetRows(dictionary, target)) variance.add(row);
      }
    },
    fit: () => ({ fvu: errors / variance.total(), l0: active / variance.rows(), positions: variance.rows() }),
  };
}

function rowRange({ data, shape }: Tensor<'float32'>, from: number, to: number): Tensor<'float32'> {
  const width = shape[1]!;
  return float32([to - from, width], data.slice(from * width, to * width));
}

function nonFinite(dictionary: Dictionary, place: string): never {
  throw new SondeError(
    'non-finite',
    `${dictionary.name} at ${place} gives a value that is not finite; expected finite activations and weights.`,
    { dictionary: dictionary.name, hook: place },
  );
}
