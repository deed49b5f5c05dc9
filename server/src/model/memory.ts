/**
 * What loading a checkpoint will take, before anything is loaded.
 * The rule was measured with onnxruntime-node 1.30.0 on Linux x64 (six 2048² matrices, anonymous memory after opening):
 * float32 with packing 1.08 × the matrices, bfloat16 with packing 1.25 ×, with or without `transB`; a bfloat16 table
 * that is both looked up and multiplied by is held twice. Deliberately absent: activations and dictionaries.
 */
import { SondeError } from '../core/errors.ts';
import type { Device, OpenOptions } from '../core/runner.ts';
import { sizeOf } from '../core/tensor.ts';
import type { Checkpoint } from './checkpoint.ts';
import { requiredTensors } from './shapes.ts';

export interface LoadPlan {
  /** Whether the unembedding is multiplied by. */
  readonly predictions: boolean;
  readonly device: Device;
  readonly weights: OpenOptions['weights'];
}

/** Bytes. */
export interface MemoryPrediction {
  /** Float32 weights read in place from the file: pages that the system shares and can drop. */
  readonly mapped: number;
  /** Float32 copies of half-precision weights, or of all weights on a device with memory of its own. */
  readonly converted: number;
  /** Packed copies of the matrices that the graph multiplies by; a converted matrix is freed once it is packed. */
  readonly packed: number;
  readonly total: number;
}

const FLOAT32_BYTES = 4;

/** Predicts the bytes held once the model is open. */
export function predictMemory(checkpoint: Pick<Checkpoint, 'spec' | 'tensors'>, plan: LoadPlan): MemoryPrediction {
  const { spec, tensors } = checkpoint;
  const tied = spec.W_U.weight === spec.W_E;
  let mapped = 0;
  let converted = 0;
  let packed = 0;
  for (const [name, { shape, use }] of requiredTensors(spec)) {
    if (use === 'head' && !plan.predictions) continue;
    const bytes = sizeOf(shape) * FLOAT32_BYTES;
    if (plan.device !== 'cpu') {
      converted += bytes;
      continue;
    }
    const multiplied = use === 'matrix' || use === 'head' || (tied && name === spec.W_E && plan.predictions);
    const copied = multiplied && plan.weights === 'packed';
    if (copied) packed += bytes;
    if (tensors.get(name)!.dtype === 'float32') mapped += bytes;
    else if (!copied || use === 'table') converted += bytes;
  }
  return { mapped, converted, packed, total: mapped + converted + packed };
}

/** @throws too-large when the predicted bytes exceed the limit, with the numbers and the ways out. */
export function checkMemory(prediction: MemoryPrediction, limit: number): void {
  if (prediction.total <= limit) return;
  const { mapped, converted, packed, total } = prediction;
  throw new SondeError(
    'too-large',
    `Loading takes ${mebibytes(total)} (${mebibytes(mapped)} mapped, ${mebibytes(converted)} converted to float32, ` +
      `${mebibytes(packed)} packed); the limit is ${mebibytes(limit)}. ` +
      'Raise the limit, leave predictions off, open the weights mapped instead of packed, or take a smaller model.',
    { found: prediction, expected: limit },
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
