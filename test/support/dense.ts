/** Plain float64 arithmetic on hooks and weights, apart from the graph: what the invariants are computed with. */
import type { LinearWeights, ModelSpec, NormWeights } from '../../server/src/model/spec.ts';
import { loadConstant } from './interpreter.ts';
import type { ModelFixture } from './model-fixture.ts';

/** Rows of equal width, row-major. */
export interface Rows {
  readonly data: Float64Array;
  readonly width: number;
}

/** A stored weight as float64. */
export function weightData({ weights }: ModelFixture, name: string): Float64Array {
  const source = weights(name);
  if (!source) throw new Error(`no weight ${name}`);
  return loadConstant(source).data;
}

/** x·W (+ b) of a part of the inputs: rows [n, to − from] times W's inputs from … to − 1, all when left out. */
export function linear(
  fixture: ModelFixture,
  x: Rows,
  map: LinearWeights,
  { bias = true, from = 0 }: { bias?: boolean; from?: number } = {},
): Rows {
  const W = weightData(fixture, map.weight);
  const [first, second] = fixture.weights(map.weight)!.shape as [number, number];
  const [inputs, outputs] = map.layout === 'in_out' ? [first, second] : [second, first];
  const b = bias && map.bias !== null ? weightData(fixture, map.bias) : null;
  const rows = x.data.length / x.width;
  const data = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outputs; o++) {
      let sum = b ? b[o]! : 0;
      for (let i = 0; i < x.width; i++) {
        const at = map.layout === 'in_out' ? (from + i) * outputs + o : o * inputs + from + i;
        sum += x.data[row * x.width + i]! * W[at]!;
      }
      data[row * outputs + o] = sum;
    }
  }
  return { data, width: outputs };
}

/** What a norm divides by and takes off, per row, of x: frozen when used on something else. */
export interface NormState {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** Mean (0 for RMS) and scale of each row. */
export function normState({ norm }: ModelSpec, x: Rows): NormState {
  const rows = x.data.length / x.width;
  const mean = new Float64Array(rows);
  const scale = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const values = x.data.subarray(row * x.width, (row + 1) * x.width);
    mean[row] = norm.kind === 'layer' ? values.reduce((s, v) => s + v, 0) / x.width : 0;
    scale[row] = Math.sqrt(values.reduce((s, v) => s + (v - mean[row]!) ** 2, 0) / x.width + norm.eps);
  }
  return { mean, scale };
}

/** A norm with its scale frozen, which makes it linear: (x − mean x) / scale · gain, plus the bias when asked. */
export function frozenNorm(
  fixture: ModelFixture,
  x: Rows,
  scale: Float64Array,
  weights: NormWeights,
  bias = true,
): Rows {
  const { norm } = fixture.spec;
  const { mean } = normState(fixture.spec, x);
  const gain = weightData(fixture, weights.weight);
  const b = bias && weights.bias !== null ? weightData(fixture, weights.bias) : null;
  const data = x.data.map((value, i) => {
    const [row, j] = [Math.floor(i / x.width), i % x.width];
    return ((value - mean[row]!) / scale[row]!) * (gain[j]! + norm.gainOffset) + (b ? b[j]! : 0);
  });
  return { data, width: x.width };
}

/** A whole norm. */
export function normed(fixture: ModelFixture, x: Rows, weights: NormWeights): Rows {
  return frozenNorm(fixture, x, normState(fixture.spec, x).scale, weights);
}

/** Sum of rows of one shape. */
export function sum(first: Rows, ...rest: readonly Rows[]): Rows {
  const data = first.data.slice();
  for (const { data: more } of rest) for (let i = 0; i < data.length; i++) data[i]! += more[i]!;
  return { data, width: first.width };
}

/** Every `step`-th block of `width` from block `at`: one head of [pos, heads, width]. */
export function everyBlock(x: Rows, at: number, step: number): Rows {
  const rows = x.data.length / x.width / step;
  const data = new Float64Array(rows * x.width);
  for (let row = 0; row < rows; row++) {
    const start = (row * step + at) * x.width;
    data.set(x.data.subarray(start, start + x.width), row * x.width);
  }
  return { data, width: x.width };
}

/** cap · tanh(x / cap); x where there is no cap. */
export function capped(x: Rows, cap: number | null): Rows {
  return cap === null ? x : { ...x, data: x.data.map((value) => cap * Math.tanh(value / cap)) };
}
