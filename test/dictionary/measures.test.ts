import { expect, test } from 'vitest';
import { float32 } from '../../server/src/core/tensor.ts';
import type { Dictionary } from '../../server/src/dictionary/dictionary.ts';
import {
  denseRows,
  dictionaryProgram,
  isComplete,
  MAX_DENSE_BYTES,
  MEASURES,
  type MeasurePlan,
  SPARSE_CAPACITY,
} from '../../server/src/dictionary/dictionary-graph.ts';
import { difference } from '../support/compare.ts';
import { sharedRunner } from '../support/runner.ts';
import { memoryDictionary, randoms, source } from './memory-dictionary.ts';
import { runOnce } from './run.ts';

const runner = sharedRunner();
const ROWS = 5;
/** Twice the capacity, so that random pre-activations can overflow it. */
const D_SAE = 3 * SPARSE_CAPACITY;
const D_IN = 16;

function rows(seed = 1): Float32Array {
  const random = randoms(seed);
  return Float32Array.from({ length: ROWS * D_IN }, random);
}

/** Biases decide how many features fire. */
function biased(bias: number, fields: Partial<Dictionary> = {}): Dictionary {
  const b_enc = source([D_SAE], new Float32Array(D_SAE).fill(bias));
  return memoryDictionary({ d_in: D_IN, d_sae: D_SAE, b_enc, ...fields });
}

async function measured(dictionary: Dictionary, plan: MeasurePlan, x = rows()) {
  const out = await runOnce(
    runner(),
    dictionaryProgram(dictionary, plan, MEASURES, 'cpu'),
    { x: float32([ROWS, D_IN], x) },
    MEASURES,
  );
  return new Map(MEASURES.map((name) => [name, Float32Array.from(out[name]!.data as ArrayLike<number>, Number)]));
}

/** L0 and ‖x − x̂‖² of a relu dictionary in float64. */
function exact(dictionary: Dictionary, x: Float32Array) {
  const at = (tensor: Dictionary['W_dec'], i: number): number => (tensor as ReturnType<typeof source>).data[i]!;
  const l0: number[] = [];
  const error_sq: number[] = [];
  for (let row = 0; row < ROWS; row++) {
    const recon = new Float64Array(D_IN);
    let active = 0;
    for (let f = 0; f < D_SAE; f++) {
      let h = at(dictionary.b_enc!, f);
      for (let i = 0; i < D_IN; i++) h += x[row * D_IN + i]! * at(dictionary.W_enc.source, i * D_SAE + f);
      if (h <= 0) continue;
      active++;
      for (let i = 0; i < D_IN; i++) recon[i]! += h * at(dictionary.W_dec, f * D_IN + i);
    }
    l0.push(active);
    error_sq.push(recon.reduce((sum, value, i) => sum + (x[row * D_IN + i]! - value) ** 2, 0));
  }
  return { l0, error_sq };
}

test('L0 and the error are those of all active features when more fire than are asked for', async () => {
  const dictionary = biased(-1);
  const { l0, error_sq } = exact(dictionary, rows());
  expect(Math.min(...l0)).toBeGreaterThan(3);
  for (const variant of ['sparse', 'dense'] as const) {
    const found = await measured(dictionary, { variant, k: 3 });
    expect([...found.get('l0')!]).toEqual(l0);
    expect(difference(found.get('error_sq')!, error_sq).relative).toBeLessThan(1e-5);
    expect(found.get('values')!.length).toBe(3 * ROWS);
  }
});

test('the sparse variant admits where it did not see everything, and the dense one does not care', async () => {
  const dictionary = biased(0);
  const { l0, error_sq } = exact(dictionary, rows());
  expect(Math.min(...l0)).toBeGreaterThan(SPARSE_CAPACITY);
  const sparse = await measured(dictionary, { variant: 'sparse', k: 3 });
  for (const value of sparse.get('l0')!) expect(isComplete(dictionary, 3, value)).toBe(false);
  const dense = await measured(dictionary, { variant: 'dense', k: 3 });
  expect([...dense.get('l0')!]).toEqual(l0);
  expect(difference(dense.get('error_sq')!, error_sq).relative).toBeLessThan(1e-5);
  expect(dense.get('values')).toEqual(sparse.get('values'));
});

test('a top-k dictionary is always complete', () => {
  const activation = { kind: 'topk', k: 8, order: 'topk-relu', rescaleByDecoderNorm: false } as const;
  expect(isComplete(biased(0, { activation }), 3, 8)).toBe(true);
});

test('more features than a dictionary has are not returned', async () => {
  const activation = { kind: 'topk', k: 8, order: 'topk-relu', rescaleByDecoderNorm: false } as const;
  const found = await measured(biased(0, { activation }), { variant: 'sparse', k: 50 });
  expect(found.get('values')!.length).toBe(8 * ROWS);
});

test('both variants agree on every measure, permuted too', async () => {
  for (const fields of [{}, { folding: 'folded' }, { center_input: true }] as const) {
    for (const permuted of [false, true]) {
      const sparse = await measured(biased(-1, fields), { variant: 'sparse', k: 4, permuted });
      const dense = await measured(biased(-1, fields), { variant: 'dense', k: 4, permuted });
      for (const name of MEASURES) expect(difference(sparse.get(name)!, dense.get(name)!).relative).toBeLessThan(1e-5);
    }
  }
});

test('permuting changes the error and nothing else', async () => {
  const plain = await measured(biased(-1), { variant: 'sparse', k: 4 });
  const permuted = await measured(biased(-1), { variant: 'sparse', k: 4, permuted: true });
  for (const name of ['values', 'indices', 'l0', 'target_sq'] as const) {
    expect(permuted.get(name)).toEqual(plain.get(name));
  }
  expect(difference(permuted.get('error_sq')!, plain.get('error_sq')!).relative).toBeGreaterThan(0.05);
});

test('a centred dictionary neither sees nor is charged for the mean over d_model', async () => {
  const x = rows();
  const shifted = x.map((value, i) => value + 10 * (1 + Math.floor(i / D_IN)));
  const dictionary = biased(-1, { center_input: true });
  const [plain, moved] = [
    await measured(dictionary, { variant: 'sparse', k: 4 }, x),
    await measured(dictionary, { variant: 'sparse', k: 4 }, shifted),
  ];
  for (const name of ['values', 'error_sq', 'target_sq'] as const) {
    expect(difference(moved.get(name)!, plain.get(name)!).relative).toBeLessThan(1e-4);
  }
  const shift = moved.get('recon')!.map((value, i) => value - plain.get('recon')![i]!);
  expect(
    difference(
      shift,
      shifted.map((value, i) => value - x[i]!),
    ).relative,
  ).toBeLessThan(1e-5);
});

test('dense rows keep one tensor below its bound', () => {
  for (const d_sae of [64, 24_576, 131_072, 1_048_576]) {
    expect(denseRows(d_sae) * d_sae * 4).toBeLessThanOrEqual(MAX_DENSE_BYTES);
  }
  expect(denseRows(2 ** 40)).toBe(1);
});
