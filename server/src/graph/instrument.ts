/**
 * Reads, writes and taps at hooks: the only place where anything is spliced into the forward pass.
 * At one hook writes come first, in the order given, then the tap; a read sees the value that flows on.
 */

import { SondeError } from '../core/errors.ts';
import { type HookModel, parseHook } from '../core/hook-name.ts';
import type { GraphBuilder } from './builder.ts';
import { add, mul, unsqueeze, where } from './expr.ts';
import type { Hooks } from './hooks.ts';
import type { Shape, Value } from './ir.ts';

/** One write. Mask and value are fed at run time, so one program serves every position, head and vector. */
export interface WriteSpec {
  readonly hook: string;
  /** replace: value; add: x + value; scale: x · value — where the mask is true; elsewhere x, bit for bit. */
  readonly op: 'replace' | 'add' | 'scale';
  /** Shape of the fed value: one number, one vector for all positions (the last axis), or the hook's own shape. */
  readonly value: 'scalar' | 'vector' | 'full';
}

/** Sees a hook's value; a returned value flows on in its place. */
export type Tap = (b: GraphBuilder, value: Value) => Value | undefined;

export interface InstrumentPlan {
  /** Hooks to read. */
  readonly reads?: readonly string[];
  readonly writes?: readonly WriteSpec[];
  readonly taps?: ReadonlyMap<string, Tap>;
}

export interface Instrument extends Hooks {
  /** Values seen so far at the hooks that were read, by classic name. */
  readonly values: ReadonlyMap<string, Value>;
}

/** Graph input names of write `i`: a bool mask over all axes of the hook but the last, and the value. */
export function writeInputs(i: number): { readonly mask: string; readonly value: string } {
  return { mask: `write.${i}.mask`, value: `write.${i}.value` };
}

/**
 * Prepares hooks for one forward pass.
 * @throws unknown-hook for a name that the model lacks; invalid-params for a write to a hook that can only be read.
 */
export function instrument(b: GraphBuilder, model: HookModel, plan: InstrumentPlan): Instrument {
  const reads = new Set((plan.reads ?? []).map((name) => parseHook(name, model).name));
  const writes = new Map<string, { spec: WriteSpec; index: number }[]>();
  plan.writes?.forEach((spec, index) => {
    const name = writable(spec.hook, model);
    writes.set(name, [...(writes.get(name) ?? []), { spec, index }]);
  });
  const taps = new Map([...(plan.taps ?? [])].map(([name, tap]) => [parseHook(name, model).name, tap]));
  const values = new Map<string, Value>();
  return {
    values,
    observed: (name) => reads.has(name) || writes.has(name) || taps.has(name),
    at(name, value) {
      let flowing = value;
      for (const { spec, index } of writes.get(name) ?? []) flowing = write(b, flowing, spec, index);
      flowing = taps.get(name)?.(b, flowing) ?? flowing;
      if (reads.has(name)) values.set(name, flowing);
      return flowing;
    },
  };
}

function write(b: GraphBuilder, x: Value, spec: WriteSpec, index: number): Value {
  const names = writeInputs(index);
  const mask = unsqueeze(b, b.input(names.mask, 'bool', x.shape.slice(0, -1)), x.shape.length - 1);
  const value = b.input(names.value, 'float32', valueShape(x.shape, spec.value));
  const changed = spec.op === 'replace' ? value : spec.op === 'add' ? add(b, x, value) : mul(b, x, value);
  return where(b, mask, changed, x);
}

function valueShape(shape: Shape, kind: WriteSpec['value']): Shape {
  return kind === 'full' ? shape : kind === 'vector' ? shape.slice(-1) : [];
}

function writable(hook: string, model: HookModel): string {
  const { name, definition } = parseHook(hook, model);
  if (definition.writable) return name;
  throw new SondeError('invalid-params', `Hook "${name}" can be read but not written.`, {
    found: name,
    expected: 'resid_pre/mid/post, attn_out, mlp_out, q, k, v, z, pattern or mlp.hook_post',
  });
}
