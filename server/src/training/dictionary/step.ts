/**
 * One training step of a dictionary as a program. Input `x` float32 [rows, d_in], the hook's own values, and `sparsity`
 * [] for JumpReLU; outputs `loss`, `mse` (mean squared error per component, normalised), `l0`, `silent` (features
 * that did not fire for `revive_every` steps), all [], and `error` [rows, d_in], what is not reconstructed, normalised.
 *
 * f = activation((s·x − b_dec)·W_enc + b_enc); s·x ≈ f·W_dec + b_dec, rows of W_dec of unit length: their gradient is
 * projected on the sphere, and they are normalised after each update. s is fixed before the first step.
 */
import type { GraphBuilder } from '../../graph/builder.ts';
import {
  add,
  cast,
  div,
  greater,
  mul,
  reduceSum,
  relu,
  reshape,
  scaleBy,
  slice,
  sqrt,
  squaredNorm,
  sub,
} from '../../graph/expr.ts';
import { gradient } from '../../graph/gradient/gradient.ts';
import type { Value } from '../../graph/ir.ts';
import type { Target } from '../../graph/lower.ts';
import { optimize, stepInputs, type Trained, total } from '../optimizer.ts';
import { type StateGraph, type StateProgram, stateGraph } from '../state.ts';
import type { DictionaryTraining } from './config.ts';

/** Adam's settings; the second moment is shorter than usual, since runs are. */
export const DICTIONARY_OPTIMIZER = {
  beta1: 0.9,
  beta2: 0.99,
  eps: 1e-8,
  weight_decay: 0,
  clip: 1,
  muon_rate: 1,
} as const;

/** Name of the input that weighs the L0 penalty. */
export const SPARSITY_INPUT = 'sparsity';

interface Activated {
  /** Activations [rows, d_sae]. */
  readonly acts: Value;
  /** 1 where a feature is active, [rows, d_sae]; no gradient. */
  readonly active: Value;
  /** Added to the loss, []; null without a penalty. */
  readonly penalty: Value | null;
  /** Parameters beside the weights. */
  readonly own: readonly { readonly value: Value; readonly constrain: (next: Value) => Value }[];
}

/** Builds the step. */
export function dictionaryStep(config: DictionaryTraining, d_in: number, target: Target): StateProgram {
  const state = stateGraph();
  const { b } = state;
  const { d_sae } = config;
  const raw = b.input('x', 'float32', ['rows', d_in]);
  const scale = state.declare('scale', []);
  const W_enc = state.declare('W_enc', [d_in, d_sae]);
  const b_enc = state.declare('b_enc', [d_sae]);
  const W_dec = state.declare('W_dec', [d_sae, d_in]);
  const b_dec = state.declare('b_dec', [d_in]);
  state.next(scale, scale);

  const plain = { transA: false, transB: false };
  const x = mul(b, raw, scale);
  // x·W_enc − b_dec·W_enc rather than (x − b_dec)·W_enc: then b_dec's gradient needs no product over all rows.
  const offset = reshape(b, b.op('Gemm', [reshape(b, b_dec, [1, d_in]), W_enc], plain), [d_sae]);
  const pre = b.op('Gemm', [x, W_enc, sub(b, b_enc, offset)], plain);
  const activated = config.architecture === 'topk' ? topK(b, pre, config.k) : jumpRelu(state, pre, config);
  const error = sub(b, x, b.op('Gemm', [activated.acts, W_dec, b_dec], plain));
  const mse = reshape(b, b.op('ReduceMean', [mul(b, error, error)], { axes: [0, 1] }), []);
  const loss = activated.penalty ? add(b, mse, activated.penalty) : mse;

  const parameters = [W_enc, b_enc, W_dec, b_dec, ...activated.own.map(({ value }) => value)];
  const gradients = gradient(b, loss, parameters);
  const trained = parameters.map((parameter, i): Trained => {
    const base = { parameter, decay: false, by: 'adam' as const };
    if (parameter === W_dec) {
      return { ...base, gradient: tangent(b, gradients[i]!, W_dec), constrain: (next) => unitRows(b, next) };
    }
    const own = activated.own.find(({ value }) => value === parameter);
    return { ...base, gradient: gradients[i]!, ...(own ? { constrain: own.constrain } : {}) };
  });
  const norm = optimize(state, stepInputs(b), trained, DICTIONARY_OPTIMIZER);

  const silentFor = state.declare('silent_for', [d_sae]);
  const fired = reshape(b, b.op('ReduceMax', [activated.active], { axes: [0] }), [d_sae]);
  const next = mul(b, add(b, silentFor, b.scalar(1)), sub(b, b.scalar(1), fired));
  state.next(silentFor, next);
  const limit = b.scalar(Math.max(1, config.revive_every) - 0.5);
  b.output('loss', loss);
  b.output('norm', norm);
  b.output('mse', mse);
  b.output('l0', meanRowSum(b, activated.active));
  b.output('silent', total(b, cast(b, greater(b, next, limit), 'float32')));
  b.output('error', error);
  return state.finish('dictionary training step', target);
}

/** relu, then the k largest of each row; equal values beyond the k-th stay too. */
function topK(b: GraphBuilder, pre: Value, k: number): Activated {
  const positive = relu(b, pre);
  const [top] = b.ops('TopK', [positive], { k }) as [Value, Value];
  const least = slice(b, top, 1, k - 1, k);
  const acts = mul(b, positive, cast(b, b.op('GreaterOrEqual', [positive, least], {}), 'float32'));
  return { acts, active: cast(b, greater(b, acts, b.scalar(0)), 'float32'), penalty: null, own: [] };
}

const LEAST_THRESHOLD = 1e-4;

/**
 * JumpReLU and the L0 penalty with their straight-through estimators: where |pre − θ| < ε/2, ∂acts/∂θ = −θ/ε and
 * ∂L0/∂θ = −1/ε. θ enters a second time as an input without gradient, so that θ − θ_frozen is zero with slope one.
 * Source: Rajamanoharan et al. 2024 (arXiv:2407.14435), equations 11 and 12, rectangle kernel.
 */
function jumpRelu(state: StateGraph, pre: Value, { d_sae, bandwidth }: DictionaryTraining): Activated {
  const { b } = state;
  const threshold = state.declare('threshold', [d_sae]);
  const fixed = state.frozen(threshold);
  const active = cast(b, greater(b, pre, fixed), 'float32');
  const distance = sub(b, pre, fixed);
  const below = b.op('Less', [distance, b.scalar(bandwidth / 2)], {});
  const above = greater(b, distance, b.scalar(-bandwidth / 2));
  const window = cast(b, b.op('And', [below, above], {}), 'float32');
  const slope = scaleBy(b, sub(b, threshold, fixed), 1 / bandwidth);
  const acts = sub(b, mul(b, pre, active), mul(b, window, mul(b, fixed, slope)));
  const counted = sub(b, active, mul(b, window, slope));
  const weight = b.input(SPARSITY_INPUT, 'float32', []);
  const constrain = (next: Value): Value => b.op('Max', [next, b.scalar(LEAST_THRESHOLD)], {});
  return { acts, active, penalty: mul(b, weight, meanRowSum(b, counted)), own: [{ value: threshold, constrain }] };
}

/** Mean over rows of a row's sum, []. */
function meanRowSum(b: GraphBuilder, x: Value): Value {
  return reshape(b, b.op('ReduceMean', [reduceSum(b, x, [1])], { axes: [0, 1] }), []);
}

/** The part of a gradient that does not change the rows' lengths. */
function tangent(b: GraphBuilder, g: Value, rows: Value): Value {
  return sub(b, g, mul(b, rows, reduceSum(b, mul(b, g, rows), [1])));
}

function unitRows(b: GraphBuilder, rows: Value): Value {
  return div(b, rows, sqrt(b, add(b, squaredNorm(b, rows), b.scalar(1e-16))));
}
