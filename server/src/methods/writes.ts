/** Feeds of writes: which positions and heads, and what is written there. */
import { fault, SondeError } from '../core/errors.ts';
import { bool, float32, type Tensor } from '../core/tensor.ts';
import { writeInputs } from '../graph/instrument.ts';

/** One write's run-time half. */
export interface WriteFeed {
  /** Shape of the mask: the hook's axes but the last, batch included. */
  readonly maskShape: readonly number[];
  /** Positions to write; all when absent. */
  readonly positions?: readonly number[];
  /** Heads to write, for per-head hooks; all when absent. */
  readonly heads?: readonly number[];
  /** Which mask axes are positions and heads. */
  readonly axes: { readonly position: number; readonly head: number | null };
  /** The value: a number, a vector, or the hook's whole tensor, as the program's WriteSpec says. */
  readonly value: Tensor<'float32'>;
}

/** Mask axes of a hook with shape [batch, pos, …] or, for patterns, [batch, heads, pos, key]. */
export function maskAxes(suffix: string, rank: number): WriteFeed['axes'] {
  if (suffix.endsWith('hook_pattern')) return { position: 2, head: 1 };
  return { position: 1, head: rank === 4 ? 2 : null };
}

/** Graph inputs of write number `index`. @throws position-out-of-range for positions or heads the hook lacks. */
export function writeFeeds(index: number, feed: WriteFeed): Record<string, Tensor> {
  const { maskShape, positions, heads, axes, value } = feed;
  const size = maskShape.reduce((a, b) => a * b, 1);
  const mask = new Uint8Array(size).fill(1);
  keepOnly(mask, maskShape, axes.position, positions, 'position');
  if (heads !== undefined) {
    if (axes.head === null) throw new SondeError('invalid-params', 'This hook has no heads; leave `heads` out.');
    keepOnly(mask, maskShape, axes.head, heads, 'head');
  }
  const names = writeInputs(index);
  return { [names.mask]: bool(maskShape, mask), [names.value]: value };
}

/** A one-number value. */
export function scalarValue(value: number): Tensor<'float32'> {
  return float32([], [value]);
}

function keepOnly(
  mask: Uint8Array,
  shape: readonly number[],
  axis: number,
  chosen: readonly number[] | undefined,
  what: string,
): void {
  if (chosen === undefined) return;
  const count = shape[axis] ?? fault(`mask has no axis ${axis}`);
  const bad = chosen.find((i) => !Number.isInteger(i) || i < 0 || i >= count);
  if (bad !== undefined) {
    throw new SondeError('position-out-of-range', `There is no ${what} ${bad}; expected 0 … ${count - 1}.`, {
      found: bad,
      expected: count,
    });
  }
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  for (let i = 0; i < mask.length; i++) if (!chosen.includes(Math.floor(i / inner) % count)) mask[i] = 0;
}
