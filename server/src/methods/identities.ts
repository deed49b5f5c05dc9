/**
 * Identities that hold on any model's own tensors (they need no reference): a wrong head split, norm, mask or multiplier
 * breaks at least one. They cannot see a wrong constant, which only parity with a reference does.
 */
import { hookAt } from '../core/hook-name.ts';
import { int64, type Tensor } from '../core/tensor.ts';
import { modelGraph } from '../graph/model-graph.ts';
import { serialize } from '../graph/serialize.ts';
import type { AttentionSpec, ModelSpec } from '../model/spec.ts';
import { LOGITS, readActivations } from './activations.ts';
import type { Execution } from './execution.ts';
import type { ModelHandle } from './model-handle.ts';
import { maskAxes, writeFeeds } from './writes.ts';

/** One identity's outcome; `error` is the largest deviation against the tensor's root mean square. */
export interface IdentityCheck {
  readonly name: string;
  readonly error: number;
  readonly tolerance: number;
  readonly holds: boolean;
}

type Floats = Tensor<'float32'>;

/** Float32 sums in another order: a few hundred terms of relative size 6e-8, with margin. */
const ROUNDING = 2e-4;

/** Checks every layer of a model on one sequence of ids. */
export async function checkIdentities(
  execution: Execution,
  model: ModelHandle,
  ids: readonly number[],
  signal?: AbortSignal,
): Promise<IdentityCheck[]> {
  const { spec } = model;
  let sums = 0;
  let mixed = 0;
  let rows = 0;
  for (let layer = 0; layer < spec.n_layers; layer++) {
    const at = (suffix: string): string => hookAt(layer, suffix);
    const names = [
      'hook_resid_pre',
      'hook_attn_out',
      'hook_mlp_out',
      'hook_resid_post',
      'attn.hook_pattern',
      'attn.hook_v',
      'attn.hook_z',
    ].map(at);
    const read = await readActivations(execution, model, ids, names, signal);
    const value = (suffix: string): Floats => read[at(suffix)]!;
    const parts = ['hook_resid_pre', 'hook_attn_out', 'hook_mlp_out'].map(value);
    const total = parts[0]!.data.map((x, i) => x + parts[1]!.data[i]! + parts[2]!.data[i]!);
    sums = Math.max(sums, deviation(total, value('hook_resid_post').data));
    mixed = Math.max(
      mixed,
      deviation(mixValues(spec, value('attn.hook_pattern'), value('attn.hook_v')), value('attn.hook_z').data),
    );
    rows = Math.max(rows, patternError(value('attn.hook_pattern'), spec.layers[layer]!.attention));
  }
  const fused = await readActivations(execution, model, ids, [LOGITS], signal);
  const inParts = await readActivations(
    execution,
    model,
    ids,
    [LOGITS, hookAt(0, 'attn.hook_pattern'), hookAt(0, 'ln1.hook_scale')],
    signal,
  );
  const written = await logitsAfterIdleWrite(execution, model, ids, signal);
  return [
    check('resid_pre + attn_out + mlp_out = resid_post', sums, ROUNDING),
    check('pattern · v = z, head by head', mixed, ROUNDING),
    check('attention patterns sum to 1 and are zero on masked keys', rows, ROUNDING),
    check(
      'fused attention gives the logits of attention in parts',
      deviation(fused[LOGITS]!.data, inParts[LOGITS]!.data),
      ROUNDING,
    ),
    check('writing back what was read changes no logit, bit for bit', deviation(written.after, written.before), 0),
  ];
}

function check(name: string, error: number, tolerance: number): IdentityCheck {
  return { name, error, tolerance, holds: error <= tolerance };
}

/** Largest |a − b| over the root mean square of b; infinite for NaN. */
function deviation(a: Float32Array, b: Float32Array): number {
  let worst = 0;
  let squares = 0;
  for (let i = 0; i < b.length; i++) {
    squares += b[i]! * b[i]!;
    const delta = Math.abs(a[i]! - b[i]!);
    if (!(delta <= worst)) worst = Number.isNaN(delta) ? Number.POSITIVE_INFINITY : delta;
  }
  return worst === 0 ? 0 : worst / Math.sqrt(squares / b.length);
}

/** Σ_key pattern[head, q, key] · v[key, kv head], [pos, n_heads, d_head]. */
function mixValues({ n_heads, n_kv_heads, d_head }: ModelSpec, pattern: Floats, v: Floats): Float32Array {
  const pos = v.shape[1]!;
  const z = new Float32Array(pos * n_heads * d_head);
  for (let head = 0; head < n_heads; head++) {
    const kv = Math.floor(head / (n_heads / n_kv_heads));
    for (let q = 0; q < pos; q++) {
      for (let key = 0; key <= q; key++) {
        const weight = pattern.data[(head * pos + q) * pos + key]!;
        for (let d = 0; d < d_head; d++)
          z[(q * n_heads + head) * d_head + d]! += weight * v.data[(key * n_kv_heads + kv) * d_head + d]!;
      }
    }
  }
  return z;
}

/** Largest deviation of a row's sum from 1, or weight on a key that the query must not see. */
function patternError(pattern: Floats, { window }: AttentionSpec): number {
  const [, heads, pos] = pattern.shape as [number, number, number, number];
  let worst = 0;
  for (let row = 0; row < heads * pos; row++) {
    const q = row % pos;
    let sum = 0;
    for (let key = 0; key < pos; key++) {
      const weight = pattern.data[row * pos + key]!;
      const seen = key <= q && (window === null || key > q - window);
      if (seen) sum += weight;
      else worst = Math.max(worst, Math.abs(weight));
    }
    worst = Math.max(worst, Math.abs(1 - sum));
  }
  return worst;
}

/** Logits of a program with a write at the middle layer, its mask empty and then full with the value read there. */
async function logitsAfterIdleWrite(
  execution: Execution,
  model: ModelHandle,
  ids: readonly number[],
  signal?: AbortSignal,
): Promise<{ before: Float32Array; after: Float32Array }> {
  const hook = hookAt(Math.floor(model.spec.n_layers / 2), 'hook_resid_pre');
  const recipe = {
    key: `idle write ${model.digest}`,
    weights: 'mapped' as const,
    build() {
      const writes = [{ hook, op: 'replace', value: 'full' }] as const;
      const graph = modelGraph(model.spec, model.weights, { reads: [hook], writes });
      graph.b.output('logits', graph.logits);
      graph.b.output('resid', graph.hooks.get(hook)!);
      return serialize(graph.b.finish(), 'idle write', execution.target);
    },
  };
  const shape = [1, ids.length, model.spec.d_model];
  const axes = maskAxes(hook, 3);
  const run = (positions: readonly number[] | undefined, value: Floats): Promise<Record<string, Tensor>> => {
    const write = writeFeeds(0, { maskShape: shape.slice(0, -1), axes, value, ...(positions ? { positions } : {}) });
    const feeds = { tokens: int64([1, ids.length], ids), ...write };
    return execution.withSession(recipe, (id) => execution.runner.run(id, feeds, ['logits', 'resid'], signal), signal);
  };
  const zeros: Floats = { dtype: 'float32', shape, data: new Float32Array(ids.length * model.spec.d_model) };
  const base = await run([], zeros);
  const again = await run(undefined, base.resid as Floats);
  return { before: base.logits!.data as Float32Array, after: again.logits!.data as Float32Array };
}
