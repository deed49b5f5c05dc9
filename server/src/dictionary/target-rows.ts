/** The rows that FVU is taken over. */
import type { Tensor } from '../core/tensor.ts';
import type { Dictionary } from './dictionary.ts';
import { isTranscoder } from './input.ts';

/** Rows of y [n, d_out], each centred where `centeredTarget` centres; otherwise views of it. */
export function targetRows(dictionary: Dictionary, { data, shape }: Tensor<'float32'>): Float32Array[] {
  const [n, width] = shape as [number, number];
  const rows = Array.from({ length: n }, (_, row) => data.subarray(row * width, (row + 1) * width));
  return dictionary.center_input && !isTranscoder(dictionary) ? rows.map(centred) : rows;
}

function centred(row: Float32Array): Float32Array {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  return row.map((value) => value - mean);
}
