/** The program that a device has to get right before it is used: one product of two matrices, `c = a·b`. */
import { SondeError } from '../core/errors.ts';
import type { Program } from '../core/runner.ts';
import { float32, type Tensor } from '../core/tensor.ts';

const ROWS = 64;
const INNER = 256;
const COLUMNS = 64;

/**
 * Largest absolute error allowed for sums of 256 products of numbers in [-1, 1]. Float32 in any order of summation
 * stays below 2e-5; half precision and TensorFloat-32 give about 5e-3, so they do not pass for float32.
 */
const TOLERANCE = 2e-4;

/** The program; all shapes are fixed, since some devices refuse symbolic ones. */
export const PROBE_PROGRAM: Program = { bytes: probeBytes(), label: 'device probe' };

/** Its inputs, the same on every machine: a [64, 256] and b [256, 64], float32. */
export function probeFeeds(): { readonly a: Tensor<'float32'>; readonly b: Tensor<'float32'> } {
  return { a: float32([ROWS, INNER], noise(ROWS * INNER, 1)), b: float32([INNER, COLUMNS], noise(INNER * COLUMNS, 2)) };
}

/**
 * Largest absolute difference between a device's product and ours, which sums in float64.
 * @throws device-unavailable when the device's numbers are wrong, with the error found and the one allowed.
 */
export function checkProbe(product: Tensor): number {
  const { a, b } = probeFeeds();
  let worst = 0;
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      let sum = 0;
      for (let k = 0; k < INNER; k++) sum += a.data[row * INNER + k]! * b.data[k * COLUMNS + column]!;
      const error = Math.abs(sum - Number(product.data[row * COLUMNS + column]));
      worst = Math.max(worst, error); // NaN stays NaN.
    }
  }
  if (worst <= TOLERANCE) return worst;
  throw new SondeError(
    'device-unavailable',
    `The device gives wrong numbers: a product of matrices is off by ${worst}; float32 stays below ${TOLERANCE}.`,
    { found: worst, expected: TOLERANCE },
  );
}

/** Numbers in [-1, 1) from a linear congruential generator (Numerical Recipes' constants). */
function noise(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** ONNX ModelProto, IR version 10, opset 21. Field numbers: onnx.proto of ONNX 1.17. */
function probeBytes(): Uint8Array {
  const node = [...text(1, 'a'), ...text(1, 'b'), ...text(2, 'c'), ...text(4, 'MatMul')];
  const graph = [
    ...message(1, node),
    ...text(2, 'probe'),
    ...message(11, value('a', [ROWS, INNER])),
    ...message(11, value('b', [INNER, COLUMNS])),
    ...message(12, value('c', [ROWS, COLUMNS])),
  ];
  return Uint8Array.from([...number(1, 10), ...message(7, graph), ...message(8, number(2, 21))]);
}

function value(name: string, shape: readonly number[]): number[] {
  const dims = shape.flatMap((dim) => message(1, number(1, dim)));
  const float = number(1, 1);
  return [...text(1, name), ...message(2, message(1, [...float, ...message(2, dims)]))];
}

function text(field: number, value: string): number[] {
  return message(field, [...Buffer.from(value)]);
}

function message(field: number, bytes: readonly number[]): number[] {
  return [...varint((field << 3) | 2), ...varint(bytes.length), ...bytes];
}

function number(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}
