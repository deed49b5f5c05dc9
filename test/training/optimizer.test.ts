/** Updates held against a plain float64 reference; tolerance 1e-6, since the graph's constants are float32. */
import { expect, test } from 'vitest';
import { float32, type Tensor } from '../../server/src/core/tensor.ts';
import { stepFeeds } from '../../server/src/training/loop.ts';
import { type OptimizerSettings, optimize, stepInputs } from '../../server/src/training/optimizer.ts';
import { learningRate } from '../../server/src/training/schedule.ts';
import { stateGraph } from '../../server/src/training/state.ts';
import { interpret } from '../support/interpreter.ts';
import { type NdArray, ndArray } from '../support/interpreter-array.ts';
import { seededRandom } from '../support/random.ts';

const SETTINGS: OptimizerSettings = { beta1: 0.9, beta2: 0.99, eps: 1e-3, weight_decay: 0.2, clip: 2, muon_rate: 3 };
const RATE = 0.03125;

interface Piece {
  readonly shape: readonly number[];
  readonly decay: boolean;
  readonly by: 'adam' | 'muon';
}

/** Feeds gradients to an optimiser for a few steps; returns the state after each, by name, and the norms. */
function run(pieces: readonly Piece[], gradients: readonly (readonly Float64Array[])[], start: readonly number[][]) {
  const state = stateGraph();
  const { b } = state;
  const trained = pieces.map(({ shape, decay, by }, i) => ({
    parameter: state.declare(`p${i}`, shape),
    gradient: b.input(`g${i}`, 'float32', shape),
    decay,
    by,
  }));
  b.output('norm', optimize(state, stepInputs(b), trained, SETTINGS));
  const { shapes } = state.finish('optimizer', 'cpu');
  const graph = b.finish();
  let held: Record<string, NdArray | Tensor> = Object.fromEntries(
    [...shapes].map(([name, shape]) => [name, ndArray(shape, new Float64Array(shape.reduce((x, y) => x * y, 1)))]),
  );
  start.forEach((values, i) => {
    held[`p${i}`] = ndArray(pieces[i]!.shape, values);
  });
  return gradients.map((step, t) => {
    const fed = Object.fromEntries(step.map((values, i) => [`g${i}`, ndArray(pieces[i]!.shape, values)]));
    const { outputs } = interpret(graph, { ...held, ...fed, ...stepFeeds(RATE, [SETTINGS.beta1, SETTINGS.beta2], t) });
    held = Object.fromEntries([...shapes.keys()].map((name) => [name, outputs[`next ${name}`]!]));
    return { state: held as Record<string, NdArray>, norm: outputs.norm!.data[0]! };
  });
}

test('AdamW with clipping equals the reference over several steps', () => {
  const random = seededRandom(5);
  const draw = (n: number, size = 1) => Float64Array.from({ length: n }, () => size * random.normal());
  const start = [[...draw(6)], [...draw(3)]];
  // The second step's gradients are far above the clipping norm, the others below it.
  const gradients = [0.2, 5, 0.2, 0.3].map((size) => [draw(6, size), draw(3, size)]);
  const pieces: Piece[] = [
    { shape: [2, 3], decay: true, by: 'adam' },
    { shape: [3], decay: false, by: 'adam' },
  ];
  const steps = run(pieces, gradients, start);
  const theta = start.map((values) => Float64Array.from(values));
  const m = theta.map((values) => new Float64Array(values.length));
  const v = theta.map((values) => new Float64Array(values.length));
  const norms: number[] = [];
  gradients.forEach((step, t) => {
    const norm = Math.sqrt(step.flatMap((g) => [...g]).reduce((sum, g) => sum + g * g, 0));
    norms.push(norm);
    const factor = Math.min(1, SETTINGS.clip / (norm + 1e-6));
    step.forEach((raw, i) => {
      raw.forEach((value, j) => {
        const g = value * factor;
        m[i]![j] = SETTINGS.beta1 * m[i]![j]! + (1 - SETTINGS.beta1) * g;
        v[i]![j] = SETTINGS.beta2 * v[i]![j]! + (1 - SETTINGS.beta2) * g * g;
        const mHat = m[i]![j]! / (1 - SETTINGS.beta1 ** (t + 1));
        const vHat = v[i]![j]! / (1 - SETTINGS.beta2 ** (t + 1));
        const decay = pieces[i]!.decay ? SETTINGS.weight_decay * theta[i]![j]! : 0;
        theta[i]![j]! -= RATE * (mHat / (Math.sqrt(vHat) + SETTINGS.eps) + decay);
      });
    });
    theta.forEach((values, i) => {
      const found = steps[t]!.state[`p${i}`]!.data;
      values.forEach((value, j) => {
        expect(Math.abs(found[j]! - value)).toBeLessThan(1e-6);
      });
    });
  });
  expect(norms[1]).toBeGreaterThan(SETTINGS.clip);
  expect(steps.every(({ norm }, t) => Math.abs(norm - norms[t]!) < 1e-9)).toBe(true);
});

test.each([
  ['wide', [4, 9]],
  ['tall', [9, 4]],
])('Muon moves a %s matrix along its nearest orthonormal one, whatever the singular values', (_, shape) => {
  const random = seededRandom(8);
  const [rows, columns] = shape as [number, number];
  // Columns of very different sizes give singular values far apart.
  const g = Float64Array.from({ length: rows * columns }, (_, i) => 0.1 * random.normal() * 2 ** (-i % columns));
  const zeros = Array<number>(rows * columns).fill(0);
  const [step] = run([{ shape, decay: false, by: 'muon' }], [[g]], [zeros]);
  const rate = -RATE * SETTINGS.muon_rate * Math.sqrt(Math.max(1, rows / columns));
  const move = step!.state.p0!.data.map((value) => value / rate);
  const at = (i: number, j: number): number => move[i * columns + j]!;
  const small = Math.min(rows, columns);
  for (let i = 0; i < small; i++) {
    for (let j = 0; j < small; j++) {
      let product = 0;
      for (let k = 0; k < Math.max(rows, columns); k++)
        product += rows < columns ? at(i, k) * at(j, k) : at(k, i) * at(k, j);
      if (i === j) expect(product).toBeGreaterThan(0.4);
      if (i === j) expect(product).toBeLessThan(1.5);
      if (i !== j) expect(Math.abs(product)).toBeLessThan(0.5);
    }
  }
  // It descends: against the gradient.
  expect(move.reduce((sum, value, i) => sum + value * g[i]!, 0)).toBeGreaterThan(0);
});

test('a parameter that must keep a constraint keeps it', () => {
  const state = stateGraph();
  const { b } = state;
  const parameter = state.declare('p', [2]);
  const constrain = (next: typeof parameter) => b.op('Max', [next, b.scalar(0.5)], {});
  const gradient = b.literal(float32([2], [1, -1]));
  optimize(state, stepInputs(b), [{ parameter, gradient, decay: false, by: 'adam', constrain }], SETTINGS);
  const zero = ndArray([2], [0, 0]);
  const feeds = { p: ndArray([2], [0.5, 0.5]), 'p:m': zero, 'p:v': zero, ...stepFeeds(RATE, [0.9, 0.99], 0) };
  const next = interpret(b.finish(), feeds).outputs['next p']!.data;
  expect(next[0]).toBe(0.5);
  expect(next[1]).toBeGreaterThan(0.52);
});

test.each([
  ['cosine', 0, 0.5],
  ['cosine', 1, 1],
  ['cosine', 6, 0.55],
  ['cosine', 10, 0.1],
  ['linear', 5, 1],
  ['linear', 8, 0.1 + 0.9 * (2 / 4.5)],
  ['linear', 10, 0.1],
] as const)('a %s schedule is right at step %i', (shape, step, share) => {
  const schedule = { peak: 4, warmup: 2, steps: 11, shape, decay: 0.5, floor: 0.1 };
  expect(learningRate(schedule, step)).toBeCloseTo(4 * share, 10);
});
