/**
 * Linear probes: ridge regression in closed form and logistic regression by L-BFGS, both in float64 with an intercept
 * that is not penalised, so that both agree with scikit-learn's Ridge and LogisticRegression.
 */
import { solveSymmetric } from './linear-algebra.ts';

/** score = x·weights + bias. */
export interface LinearProbe {
  readonly weights: Float64Array;
  readonly bias: number;
}

/** Scores of rows [n, d]. */
export function probeScores({ weights, bias }: LinearProbe, rows: ArrayLike<number>): Float64Array {
  const d = weights.length;
  const scores = new Float64Array(rows.length / d);
  for (let row = 0; row < scores.length; row++) {
    // Two sums side by side: a single one waits for each addition.
    let even = bias;
    let odd = 0;
    let j = 0;
    for (let at = row * d; j + 1 < d; j += 2, at += 2) {
      even += weights[j]! * rows[at]!;
      odd += weights[j + 1]! * rows[at + 1]!;
    }
    if (j < d) even += weights[j]! * rows[row * d + j]!;
    scores[row] = even + odd;
  }
  return scores;
}

/** Minimises Σ (x·w + b − y)² + penalty·‖w‖² over rows [n, d] and targets [n]; penalty > 0. */
export function fitRidge(rows: ArrayLike<number>, targets: ArrayLike<number>, d: number, penalty: number): LinearProbe {
  const n = targets.length;
  const mean = new Float64Array(d);
  let meanTarget = 0;
  for (let row = 0; row < n; row++) {
    meanTarget += targets[row]! / n;
    for (let j = 0; j < d; j++) mean[j]! += rows[row * d + j]! / n;
  }
  const A = new Float64Array(d * d);
  const B = new Float64Array(d);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < d; i++) {
      const x = rows[row * d + i]! - mean[i]!;
      B[i]! += x * (targets[row]! - meanTarget);
      for (let j = 0; j < d; j++) A[i * d + j]! += x * (rows[row * d + j]! - mean[j]!);
    }
  }
  for (let i = 0; i < d; i++) A[i * d + i]! += penalty;
  const weights = solveSymmetric(A, B, d, 1);
  return { weights, bias: meanTarget - weights.reduce((sum, weight, j) => sum + weight * mean[j]!, 0) };
}

/** When to stop: the gradient's largest component relative to the number of rows, or the number of steps. */
export interface LogisticOptions {
  readonly tolerance?: number;
  readonly maxSteps?: number;
}

const MEMORY = 8;

/**
 * Minimises Σ log(1 + exp(−±(x·w + b))) + ½·penalty·‖w‖² over rows [n, d] and labels [n] of 0 or 1; penalty > 0 is
 * scikit-learn's 1/C. L-BFGS with backtracking (Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 3.1).
 */
export function fitLogistic(
  rows: ArrayLike<number>,
  labels: ArrayLike<number>,
  d: number,
  penalty: number,
  { tolerance = 1e-4, maxSteps = 100 }: LogisticOptions = {},
): LinearProbe {
  const n = labels.length;
  const size = d + 1;
  let x: Float64Array = new Float64Array(size);
  let { loss, gradient } = evaluate(x);
  const history: { s: Float64Array; y: Float64Array; curvature: number }[] = [];
  for (let step = 0; step < maxSteps; step++) {
    if (gradient.every((value) => Math.abs(value) <= tolerance * n)) break;
    const direction = descent(gradient, history);
    const slope = dot(direction, gradient);
    let rate = history.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = moved(x, direction, rate);
    let found = evaluate(next);
    for (let halvings = 0; found.loss > loss + 1e-4 * rate * slope && halvings < 40; halvings++) {
      rate /= 2;
      next = moved(x, direction, rate);
      found = evaluate(next);
    }
    if (found.loss >= loss) break;
    const s = next.map((value, i) => value - x[i]!);
    const y = found.gradient.map((value, i) => value - gradient[i]!);
    const curvature = dot(s, y);
    if (curvature > 0) history.push({ s, y, curvature });
    if (history.length > MEMORY) history.shift();
    x = next;
    ({ loss, gradient } = found);
  }
  return { weights: x.slice(0, d), bias: x[d]! };

  function evaluate(at: Float64Array): { loss: number; gradient: Float64Array } {
    const gradient = new Float64Array(size);
    let loss = 0;
    for (let j = 0; j < d; j++) {
      loss += (penalty * at[j]! ** 2) / 2;
      gradient[j] = penalty * at[j]!;
    }
    for (let row = 0; row < n; row++) {
      let score = at[d]!;
      for (let j = 0; j < d; j++) score += at[j]! * rows[row * d + j]!;
      const sign = labels[row]! > 0 ? 1 : -1;
      const margin = sign * score;
      // log(1 + e^−m) without overflow on either side.
      loss += margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
      const pull = -sign / (1 + Math.exp(margin));
      for (let j = 0; j < d; j++) gradient[j]! += pull * rows[row * d + j]!;
      gradient[d]! += pull;
    }
    return { loss, gradient };
  }
}

type History = readonly { s: Float64Array; y: Float64Array; curvature: number }[];

/** The L-BFGS direction: −H·gradient by the two loops. */
function descent(gradient: Float64Array, history: History): Float64Array {
  const q = gradient.map((value) => -value);
  const alphas: number[] = [];
  for (const { s, y, curvature } of [...history].reverse()) {
    const alpha = dot(s, q) / curvature;
    alphas.push(alpha);
    addScaled(q, y, -alpha);
  }
  const last = history.at(-1);
  if (last) {
    const scale = last.curvature / dot(last.y, last.y);
    for (let i = 0; i < q.length; i++) q[i]! *= scale;
  }
  for (const { s, y, curvature } of history) addScaled(q, s, alphas.pop()! - dot(y, q) / curvature);
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(to: Float64Array, from: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i]! += factor * from[i]!;
}

function moved(x: Float64Array, direction: Float64Array, rate: number): Float64Array {
  return x.map((value, i) => value + rate * direction[i]!);
}
