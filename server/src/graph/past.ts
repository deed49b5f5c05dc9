/**
 * Past keys and values as graph inputs, new ones as outputs, so that a text goes on where a run stopped.
 * Rows lie [past, n_kv_heads·d_head], so that a shorter past is the front of the same buffer.
 * Attention in parts ignores the past: programs that observe scores or patterns start at position 0.
 */
import { fault } from '../core/errors.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { PastKeyValues } from './blocks/context.ts';
import type { GraphBuilder } from './builder.ts';
import { reshape, transpose } from './expr.ts';
import type { Value } from './ir.ts';

/** Name of the input that tells how many tokens are past, int64 [1]. */
export const PAST_LENGTH = 'past.length';

/** Input and output names of one layer's keys and values. */
export function pastNames(layer: number): Record<'k' | 'v', { readonly past: string; readonly fresh: string }> {
  const name = (part: string): { past: string; fresh: string } => ({
    past: `past.${part}.${layer}`,
    fresh: `new.${part}.${layer}`,
  });
  return { k: name('k'), v: name('v') };
}

/** Width of one key or value row: n_kv_heads · d_head. */
export function keyValueWidth(spec: ModelSpec): number {
  return spec.n_kv_heads * spec.d_head;
}

export interface PastInputs extends PastKeyValues {
  /** Names the new rows of layers [0, count) as outputs, [batch, pos, n_kv_heads·d_head]. */
  outputNew(count: number): void;
}

/** Declares the inputs; layers that are pruned lose theirs. */
export function pastInputs(b: GraphBuilder, spec: ModelSpec): PastInputs {
  const length = b.input(PAST_LENGTH, 'int64', [1]);
  const width = keyValueWidth(spec);
  const fresh = new Map<number, { k: Value; v: Value }>();
  const past = (name: string): Value => {
    const rows = b.input(name, 'float32', ['batch', 'past', width]);
    return transpose(b, reshape(b, rows, ['batch', 'past', spec.n_kv_heads, spec.d_head]), [0, 2, 1, 3]);
  };
  return {
    length,
    join(layer, k, v) {
      fresh.set(layer, { k, v });
      const names = pastNames(layer);
      return [past(names.k.past), past(names.v.past)];
    },
    outputNew(count) {
      for (let layer = 0; layer < count; layer++) {
        const { k, v } = fresh.get(layer) ?? fault(`layer ${layer} has no fused attention`);
        const names = pastNames(layer);
        b.output(names.k.fresh, k);
        b.output(names.v.fresh, v);
      }
    },
  };
}
