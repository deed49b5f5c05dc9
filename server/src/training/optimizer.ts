/**
 * Optimisers as graph fragments: gradients clipped by their global norm, then AdamW, or Muon for hidden matrices.
 * Moments are inputs, and their next values outputs, like the parameters themselves (`state.ts` names them).
 *
 * AdamW: m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; θ ← θ − lr·(m̂ / (√v̂ + eps) + decay·θ) with m̂ = m / (1 − β₁ᵗ) and
 * v̂ = v / (1 − β₂ᵗ), t counted from 1. Source: Loshchilov & Hutter 2019 (arXiv:1711.05101), algorithm 2, with the
 * learning rate on both terms as torch.optim.AdamW has it.
 * Muon: Jordan 2024 (github.com/KellerJordan/Muon): Nesterov momentum 0.95, five Newton–Schulz steps.
 */
import type { GraphBuilder } from '../graph/builder.ts';
import { add, div, mul, reciprocal, reduceSum, reshape, scaleBy, sqrt, sub } from '../graph/expr.ts';
import type { Value } from '../graph/ir.ts';
import type { StateGraph } from './state.ts';

export interface OptimizerSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Decoupled weight decay of parameters with `decay`. */
  readonly weight_decay: number;
  /** Gradients whose global norm is larger are scaled down to it. */
  readonly clip: number;
  /** Muon's learning rate as a multiple of AdamW's; only parameters by Muon use it. */
  readonly muon_rate: number;
}

/** One parameter with its gradient. */
export interface Trained {
  readonly parameter: Value;
  readonly gradient: Value;
  readonly decay: boolean;
  readonly by: 'adam' | 'muon';
  /** Makes the next value keep a constraint, such as unit rows. */
  readonly constrain?: (next: Value) => Value;
}

/** Scalars that change from step to step. */
export interface StepInputs {
  readonly lr: Value;
  /** 1 / (1 − β₁ᵗ) and 1 / (1 − β₂ᵗ). */
  readonly unbias: readonly [Value, Value];
}

/** Names of the scalar inputs. */
export const STEP_INPUTS = { lr: 'lr', unbias1: 'unbias.1', unbias2: 'unbias.2' } as const;

/** Declares the scalar inputs. */
export function stepInputs(b: GraphBuilder): StepInputs {
  const scalar = (name: string): Value => b.input(name, 'float32', []);
  return {
    lr: scalar(STEP_INPUTS.lr),
    unbias: [scalar(STEP_INPUTS.unbias1), scalar(STEP_INPUTS.unbias2)],
  };
}

/** Adds the updates of all parameters; returns the gradients' global norm before clipping, shape []. */
export function optimize(
  state: StateGraph,
  step: StepInputs,
  trained: readonly Trained[],
  settings: OptimizerSettings,
): Value {
  const { b } = state;
  const squares = trained.map(({ gradient }) => total(b, mul(b, gradient, gradient)));
  const norm = sqrt(
    b,
    squares.reduce((sum, square) => add(b, sum, square)),
  );
  const share = div(b, b.scalar(settings.clip), add(b, norm, b.scalar(1e-6)));
  const factor = b.op('Min', [b.scalar(1), share], {});
  for (const entry of trained) {
    const clipped = { ...entry, gradient: mul(b, entry.gradient, factor) };
    const next = entry.by === 'muon' ? muon(state, step, clipped, settings) : adam(state, step, clipped, settings);
    state.next(entry.parameter, entry.constrain?.(next) ?? next);
  }
  return norm;
}

function adam(state: StateGraph, step: StepInputs, trained: Trained, settings: OptimizerSettings): Value {
  const { b } = state;
  const { parameter, gradient, decay } = trained;
  const { beta1, beta2, eps, weight_decay } = settings;
  const shape = parameter.shape as readonly number[];
  const m = state.declare(`${parameter.name}:m`, shape);
  const v = state.declare(`${parameter.name}:v`, shape);
  const nextM = add(b, scaleBy(b, m, beta1), scaleBy(b, gradient, 1 - beta1));
  const nextV = add(b, scaleBy(b, v, beta2), scaleBy(b, mul(b, gradient, gradient), 1 - beta2));
  state.next(m, nextM);
  state.next(v, nextV);
  const spread = add(b, sqrt(b, mul(b, nextV, step.unbias[1])), b.scalar(eps));
  return descend(b, step.lr, trained, div(b, mul(b, nextM, step.unbias[0]), spread), decay ? weight_decay : 0);
}

const MUON_MOMENTUM = 0.95;
const NEWTON_SCHULZ = { steps: 5, a: 3.4445, b: -4.775, c: 2.0315 } as const;

function muon(state: StateGraph, step: StepInputs, trained: Trained, settings: OptimizerSettings): Value {
  const { b } = state;
  const { parameter, gradient, decay } = trained;
  const [rows, columns] = parameter.shape as readonly [number, number];
  const momentum = state.declare(`${parameter.name}:momentum`, [rows, columns]);
  const fresh = scaleBy(b, gradient, 1 - MUON_MOMENTUM);
  const next = add(b, scaleBy(b, momentum, MUON_MOMENTUM), fresh);
  state.next(momentum, next);
  const update = orthogonalize(b, add(b, fresh, scaleBy(b, next, MUON_MOMENTUM)));
  const scaled = scaleBy(b, update, Math.sqrt(Math.max(1, rows / columns)));
  const rate = scaleBy(b, step.lr, settings.muon_rate);
  return descend(b, rate, trained, scaled, decay ? settings.weight_decay : 0);
}

/** The nearest matrix with orthonormal rows or columns, roughly: singular values end between 0.7 and 1.2. */
function orthogonalize(b: GraphBuilder, update: Value): Value {
  const [rows, columns] = update.shape as readonly [number, number];
  const wide = rows <= columns;
  const gemm = (x: Value, y: Value, transA = false, transB = false): Value => b.op('Gemm', [x, y], { transA, transB });
  const norm = sqrt(b, total(b, mul(b, update, update)));
  let x = mul(b, update, reciprocal(b, add(b, norm, b.scalar(1e-7))));
  for (let i = 0; i < NEWTON_SCHULZ.steps; i++) {
    const square = wide ? gemm(x, x, false, true) : gemm(x, x, true, false);
    const mixed = add(b, scaleBy(b, square, NEWTON_SCHULZ.b), scaleBy(b, gemm(square, square), NEWTON_SCHULZ.c));
    x = add(b, scaleBy(b, x, NEWTON_SCHULZ.a), wide ? gemm(mixed, x) : gemm(x, mixed));
  }
  return x;
}

function descend(b: GraphBuilder, lr: Value, { parameter }: Trained, update: Value, decay: number): Value {
  const whole = decay === 0 ? update : add(b, update, scaleBy(b, parameter, decay));
  return sub(b, parameter, mul(b, whole, lr));
}

/** Sum of all elements, shape []. */
export function total(b: GraphBuilder, x: Value): Value {
  return reshape(
    b,
    reduceSum(
      b,
      x,
      x.shape.map((_, axis) => axis),
    ),
    [],
  );
}
