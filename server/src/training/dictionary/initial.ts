/** A dictionary's first weights, and new ones for features that fell silent. */
import { createRandom, normal, type Random } from '../../core/random.ts';
import { float32, type Tensor } from '../../core/tensor.ts';
import type { ResidentState } from '../state.ts';
import type { DictionaryTraining } from './config.ts';

/** Stream numbers of the seed, far from those of the shuffling. */
const STREAMS = { initial: 0x7fff0000, revival: 0x40000000 } as const;

/** A share of the alive encoders' mean length for a revived feature, so that it enters softly (Bricken et al. 2023). */
const REVIVED_LENGTH = 0.5;

/**
 * W_dec random unit rows, W_enc its transpose, b_enc zeros, b_dec the mean of the sample, and the scale
 * √d_in / E‖x‖ (1 without normalisation). `sample` is float32 [n, d_in].
 */
export function initialDictionary(config: DictionaryTraining, sample: Tensor<'float32'>): Map<string, Tensor> {
  const [n, d_in] = sample.shape as [number, number];
  const { d_sae } = config;
  const mean = new Float64Array(d_in);
  let norms = 0;
  for (let row = 0; row < n; row++) {
    let square = 0;
    for (let i = 0; i < d_in; i++) {
      const value = sample.data[row * d_in + i]!;
      mean[i]! += value / n;
      square += value * value;
    }
    norms += Math.sqrt(square) / n;
  }
  const scale = config.normalize_activations === 'none' || norms === 0 ? 1 : Math.sqrt(d_in) / norms;
  const random = createRandom(config.seed, STREAMS.initial);
  const W_dec = new Float32Array(d_sae * d_in);
  const W_enc = new Float32Array(d_in * d_sae);
  for (let feature = 0; feature < d_sae; feature++) {
    const row = unit(Float64Array.from({ length: d_in }, () => normal(random)));
    W_dec.set(row, feature * d_in);
    for (let i = 0; i < d_in; i++) W_enc[i * d_sae + feature] = row[i]!;
  }
  const made: [string, Tensor][] = [
    ['scale', float32([], [scale])],
    ['W_enc', float32([d_in, d_sae], W_enc)],
    ['W_dec', float32([d_sae, d_in], W_dec)],
    [
      'b_dec',
      float32(
        [d_in],
        mean.map((value) => value * scale),
      ),
    ],
  ];
  if (config.architecture === 'jumprelu') {
    made.push(['threshold', float32([d_sae], new Float32Array(d_sae).fill(config.threshold))]);
  }
  return new Map(made);
}

/**
 * Points every feature that did not fire for `revive_every` steps at what a badly reconstructed position lacks, drawn by
 * its squared error; its moments start anew. `error` float32 [rows, d_in], normalised. Returns how many were revived.
 */
export async function reviveSilent(
  config: DictionaryTraining,
  state: ResidentState,
  error: Tensor<'float32'>,
  step: number,
): Promise<number> {
  const { d_sae, revive_every } = config;
  const silent = (await state.read(['silent_for'])).get('silent_for')!;
  const dead = [...silent.data.keys()].filter((feature) => silent.data[feature]! >= revive_every);
  if (dead.length === 0) return 0;
  const tensors = await state.read();
  const d_in = error.shape[1]!;
  const length = REVIVED_LENGTH * meanColumnNorm(tensors.get('W_enc')!, new Set(dead));
  const draw = drawRows(error, createRandom(config.seed, STREAMS.revival + step));
  const columns = new Set(['W_enc', 'W_enc:m', 'W_enc:v']);
  for (const feature of dead) {
    const row = draw();
    const direction = unit(Float64Array.from(error.data.subarray(row * d_in, (row + 1) * d_in)));
    for (const [name, { data }] of tensors) {
      if (name === 'scale' || name.startsWith('b_dec')) continue;
      if (columns.has(name)) {
        for (let i = 0; i < d_in; i++) data[i * d_sae + feature] = name === 'W_enc' ? direction[i]! * length : 0;
      } else if (name === 'W_dec') data.set(direction, feature * d_in);
      else if (name.startsWith('W_dec:')) data.fill(0, feature * d_in, (feature + 1) * d_in);
      else data[feature] = name === 'threshold' ? config.threshold : 0;
    }
  }
  await state.load(tensors);
  return dead.length;
}

function meanColumnNorm({ shape, data }: Tensor<'float32'>, without: ReadonlySet<number>): number {
  const [rows, columns] = shape as [number, number];
  const squares = new Float64Array(columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) squares[j]! += data[i * columns + j]! ** 2;
  const alive = [...squares].filter((_, j) => !without.has(j));
  return alive.length === 0 ? 1 : alive.reduce((sum, square) => sum + Math.sqrt(square), 0) / alive.length;
}

/** Draws row numbers with chances proportional to the rows' squared lengths. */
function drawRows({ shape, data }: Tensor<'float32'>, random: Random): () => number {
  const [n, d] = shape as [number, number];
  const cumulative = new Float64Array(n);
  let sum = 0;
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < d; i++) sum += data[row * d + i]! ** 2;
    cumulative[row] = sum;
  }
  return () => {
    const point = random.next() * sum;
    const found = cumulative.findIndex((edge) => edge > point);
    return found < 0 ? n - 1 : found;
  };
}

function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1;
  return vector.map((value) => value / length);
}
