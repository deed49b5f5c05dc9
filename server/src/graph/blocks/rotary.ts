/** Rotary position embedding in halves: (x₁, x₂) → (x₁cos − x₂sin, x₂cos + x₁sin) over the first `dims` of each head. */
import type { RotarySpec } from '../../model/spec.ts';
import type { GraphBuilder } from '../builder.ts';
import { add, cast, concat, cos, mul, reshape, sin, slice, sub } from '../expr.ts';
import type { Value } from '../ir.ts';

/** cos and sin of position · frequency, each [pos, 1, dims / 2] float32. */
export interface RotaryAngles {
  readonly cos: Value;
  readonly sin: Value;
}

/** Angles of int64 positions [pos]; computed in the graph, so no table grows with n_ctx. */
export function rotaryAngles(b: GraphBuilder, positions: Value, rotary: RotarySpec): RotaryAngles {
  const half = rotary.dims / 2;
  const frequencies = b.literal({ dtype: 'float32', shape: [1, 1, half], data: rotary.inverseFrequencies });
  const angles = mul(b, cast(b, reshape(b, positions, [positions.shape[0]!, 1, 1]), 'float32'), frequencies);
  return { cos: cos(b, angles), sin: sin(b, angles) };
}

/** Rotates x [batch, pos, heads, d_head]. */
export function rotate(b: GraphBuilder, x: Value, angles: RotaryAngles, dims: number): Value {
  const d_head = x.shape[3] as number;
  const first = slice(b, x, 3, 0, dims / 2);
  const second = slice(b, x, 3, dims / 2, dims);
  const parts = [
    sub(b, mul(b, first, angles.cos), mul(b, second, angles.sin)),
    add(b, mul(b, second, angles.cos), mul(b, first, angles.sin)),
  ];
  if (dims < d_head) parts.push(slice(b, x, 3, dims, d_head));
  return concat(b, parts, 3);
}
