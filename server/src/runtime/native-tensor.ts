/** Tensors across the native border: feeds checked against a session's declarations, and both conversions. */
import { type InferenceSession, Tensor as NativeTensor } from 'onnxruntime-node';
import { DTYPE_BYTES, type DType, type TypedArray } from '../core/dtype.ts';
import { fault, nearest, SondeError } from '../core/errors.ts';
import { MAX_RUNTIME_MESSAGE_BYTES } from '../core/limits.ts';
import { sizeOf, type Tensor } from '../core/tensor.ts';

/** What is checked of a feed; its elements may lie on a device. */
export interface FeedType {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: { readonly length: number };
}

type Feeds = Readonly<Record<string, FeedType>>;
type ValueMetadata = InferenceSession.ValueMetadata;

/**
 * Checks names, dtypes, ranks, fixed and symbolic dimensions. A symbolic dimension must have one value in all feeds,
 * which the native runtime does not look at: there it surfaces as a kernel failure or as wrong numbers.
 * @throws invalid-params naming what was found, what was expected and the nearest valid name.
 */
export function checkFeeds(inputs: readonly ValueMetadata[], feeds: Feeds): void {
  const names = inputs.map((input) => input.name);
  for (const name of Object.keys(feeds)) checkName('feed', name, names);
  const symbols = new Map<string, number>();
  for (const input of inputs) {
    const feed = feeds[input.name];
    if (!feed) refuse(`Feed '${input.name}' is missing: the program takes ${names.join(', ')}.`, { expected: names });
    if (!input.isTensor) fault(`program input '${input.name}' is not a tensor`);
    checkFeed(input, feed, symbols);
  }
}

/** @throws invalid-params for an output that the program does not have, or none at all. */
export function checkFetches(outputs: readonly ValueMetadata[], fetches: readonly string[]): void {
  const names = outputs.map((output) => output.name);
  if (fetches.length === 0)
    refuse(`No output was asked for: the program gives ${names.join(', ')}.`, { expected: names });
  for (const name of fetches) checkName('output', name, names);
}

/** Views a checked tensor as a native one; no copy. */
export function toNative(tensor: Tensor): NativeTensor {
  return new NativeTensor(tensor.dtype as 'float32', tensor.data as Float32Array, tensor.shape);
}

/** What `checkFeeds` needs of native tensors, without touching their elements. */
export function describeNative(tensors: Readonly<Record<string, NativeTensor>>): Record<string, FeedType> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { type, dims, size }]) => [
      name,
      { dtype: type, shape: dims, data: { length: size } },
    ]),
  );
}

/**
 * Takes native outputs out as plain tensors; half types come as their 16 bits.
 * @throws too-large when together they would not fit in one message.
 */
export function fromNative(outputs: Readonly<Record<string, NativeTensor>>): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  let bytes = 0;
  for (const [name, output] of Object.entries(outputs)) {
    const dtype = output.type as DType;
    if (!(dtype in DTYPE_BYTES)) fault(`program output '${name}' has type ${output.type}, which has no dtype here`);
    const data = output.data as unknown as TypedArray;
    bytes += data.byteLength;
    tensors[name] = { dtype, shape: output.dims, data: dtype === 'float16' ? halfBits(data) : data };
  }
  if (bytes > MAX_RUNTIME_MESSAGE_BYTES) {
    throw new SondeError(
      'too-large',
      `The outputs take ${bytes} bytes; at most ${MAX_RUNTIME_MESSAGE_BYTES} leave the runtime at once. Ask for fewer outputs or a shorter range.`,
      { found: bytes, expected: MAX_RUNTIME_MESSAGE_BYTES },
    );
  }
  return tensors;
}

/** Newer Node versions give half precision as Float16Array; everywhere else here it is bits. */
function halfBits(data: TypedArray): Uint16Array {
  return data instanceof Uint16Array ? data : new Uint16Array(data.buffer, data.byteOffset, data.length);
}

function checkFeed(input: InferenceSession.TensorValueMetadata, feed: FeedType, symbols: Map<string, number>): void {
  const { name, type, shape } = input;
  if (feed.dtype !== type)
    refuse(`Feed '${name}' is ${feed.dtype}; expected ${type}.`, { found: feed.dtype, expected: type });
  if (feed.data.length !== sizeOf(feed.shape)) {
    refuse(`Feed '${name}' of shape [${feed.shape}] holds ${feed.data.length} elements.`, { found: feed.data.length });
  }
  const fits =
    feed.shape.length === shape.length &&
    shape.every((dim, axis) => {
      const size = feed.shape[axis]!;
      if (typeof dim === 'number') return dim === size;
      if (dim === '') return true;
      if (!symbols.has(dim)) symbols.set(dim, size);
      return symbols.get(dim) === size;
    });
  if (fits) return;
  const expected = shape.map((dim) => (symbols.has(String(dim)) ? `${dim}=${symbols.get(String(dim))}` : dim || '?'));
  refuse(`Feed '${name}' has shape [${feed.shape.join(', ')}]; expected [${expected.join(', ')}].`, {
    found: feed.shape,
    expected,
  });
}

function checkName(role: 'feed' | 'output', name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const candidates = nearest(name, names);
  refuse(`The program has no ${role} '${name}'; the nearest: ${candidates.join(', ')}.`, {
    found: name,
    expected: candidates,
  });
}

function refuse(message: string, data: { found?: unknown; expected?: unknown }): never {
  throw new SondeError('invalid-params', message, data);
}
