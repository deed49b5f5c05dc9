/**
 * Tensors on the wire: dtype, shape and row-major little-endian bytes. The bytes travel raw in MessagePack and as base64
 * in JSON. Half types are their 16 bits.
 */
import { z } from 'zod';
import type { DeepReadonly } from './method.ts';

/** Element types and the bytes of one element. */
export const WIRE_DTYPES = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const;

export type WireDType = keyof typeof WIRE_DTYPES;

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Typed array of each dtype. */
export interface WireArrays {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int16: Int16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

/** Schema of a wire tensor. */
export const WIRE_TENSOR = z
  .object({
    dtype: z.enum(Object.keys(WIRE_DTYPES) as [WireDType, ...WireDType[]]),
    shape: z.array(z.number().int().nonnegative()),
    data: z
      .custom<Uint8Array | string>((value) => typeof value === 'string' || value instanceof Uint8Array)
      .meta({ type: 'string', contentEncoding: 'base64', description: 'raw bytes in MessagePack, base64 in JSON' }),
  })
  .meta({ description: 'row-major, little-endian' });

export type WireTensor = DeepReadonly<z.infer<typeof WIRE_TENSOR>>;

/** A tensor in memory. */
export interface PlainTensor<D extends WireDType = WireDType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: WireArrays[D];
}

/** Bytes that become base64 when JSON.stringify meets them, with no pass over the message beforehand. */
class WireBytes extends Uint8Array {
  toJSON(): string {
    return toBase64(this);
  }
}

/** The wire form of a tensor; shares its memory. @throws RangeError where the data does not fill the shape. */
export function toWireTensor<D extends WireDType>({ dtype, shape, data }: PlainTensor<D>): z.infer<typeof WIRE_TENSOR> {
  checkSize(dtype, shape, data.byteLength);
  return {
    dtype,
    shape: [...shape],
    data: new WireBytes(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  };
}

/**
 * The typed array of a wire tensor; copies only to align bytes.
 * @throws RangeError where the bytes do not fill the shape, or the base64 is broken.
 */
export function fromWireTensor({ dtype, shape, data }: WireTensor): PlainTensor {
  const bytes = typeof data === 'string' ? fromBase64(data) : data;
  checkSize(dtype, shape, bytes.byteLength);
  const aligned = bytes.byteOffset % WIRE_DTYPES[dtype] === 0 ? bytes : Uint8Array.from(bytes);
  const length = aligned.byteLength / WIRE_DTYPES[dtype];
  return { dtype, shape, data: new ARRAYS[dtype](aligned.buffer as ArrayBuffer, aligned.byteOffset, length) };
}

// Typed arrays have the machine's byte order; every machine that runs onnxruntime or a browser is little-endian.
if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) throw new Error('Sonde needs a little-endian machine.');

function checkSize(dtype: WireDType, shape: readonly number[], found: number): void {
  const expected = shape.reduce((product, dim) => product * dim, WIRE_DTYPES[dtype]);
  if (found !== expected) throw new RangeError(`${dtype} [${shape}] takes ${expected} bytes; found ${found}.`);
}

function toBase64(bytes: Uint8Array): string {
  if (globalThis.Buffer) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  let binary = '';
  // Spreading a whole tensor would overflow the stack of a browser.
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array {
  if (globalThis.Buffer) {
    const bytes = Buffer.from(text, 'base64');
    // Buffer skips what is not base64, so that a damaged text would pass as a shorter tensor.
    if (Math.ceil(bytes.length / 3) * 4 !== text.length) throw new RangeError('The tensor is not valid base64.');
    return bytes;
  }
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
