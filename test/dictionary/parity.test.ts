/**
 * Every dictionary fixture against the library that made it (SAELens, sparsify, circuit-tracer, dictionary_learning) or
 * against its published formula in numpy float64 (Gemma Scope, Llama Scope).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Dictionary } from '../../server/src/dictionary/dictionary.ts';
import { type OpenDictionaryOptions, openDictionary } from '../../server/src/dictionary/open.ts';
import { difference } from '../support/compare.ts';
import { fixturePath, floats, readTensors } from '../support/fixtures.ts';
import { sharedRunner } from '../support/runner.ts';
import { everything } from './run.ts';

/**
 * Largest difference against the reference's root mean square. Both sides sum up to 64 float32 products of order 1 in
 * another order, which costs a few units of 2^-24; ten times that is allowed.
 */
const TOLERANCE = 5e-6;
const K = 7;

/** Fixtures that must be refused; `refusals.test.ts` says why. */
const REFUSED = ['circuit-tracer-clt', 'dictionary-learning-batch-topk-unset'];
/** The references were computed without the centring that these configs ask for, or that their age implies. */
const UNCENTERED = ['saelens-standard-v2', 'saelens-standard-v5'];

const runner = sharedRunner();
const fixtures = readdirSync(fixturePath('dictionaries')).filter((name) => !REFUSED.includes(name));

interface About {
  readonly path?: string;
  readonly format: string;
  readonly hook_in: string;
  readonly hook_out: string;
}

function about(name: string): About {
  return JSON.parse(readFileSync(fixturePath('dictionaries', name, 'about.json'), 'utf8'));
}

function open(name: string, options: OpenDictionaryOptions = {}): readonly Dictionary[] {
  const center = UNCENTERED.includes(name) ? { center: false } : {};
  return openDictionary(fixturePath('dictionaries', name, about(name).path ?? ''), null, { ...center, ...options });
}

async function check(
  dictionary: Dictionary,
  reference: ReturnType<typeof readTensors>,
  x: string,
  acts: string,
  x_hat: string,
) {
  const rows = floats(reference.get(x)!);
  const found = await everything(runner(), dictionary, rows, K);
  expect(difference(found.acts, floats(reference.get(acts)!)).relative, 'activations').toBeLessThan(TOLERANCE);
  expect(difference(found.recon, floats(reference.get(x_hat)!)).relative, 'reconstruction').toBeLessThan(TOLERANCE);
  expect(difference(found.sparseRecon, found.recon).relative, 'sparse reconstruction').toBeLessThan(TOLERANCE);
  checkTop(found.acts, found.values, found.indices, found.width, dictionary.d_sae);
}

/** The top k is the beginning of the active features sorted by activation, then zeros. */
function checkTop(
  acts: Float32Array,
  values: Float32Array,
  indices: BigInt64Array,
  width: number,
  d_sae: number,
): void {
  for (let row = 0; row * d_sae < acts.length; row++) {
    const dense = [...acts.subarray(row * d_sae, (row + 1) * d_sae)];
    const active = dense.filter((value) => value !== 0).sort((a, b) => b - a);
    const expected = Array.from({ length: width }, (_, i) => active[i] ?? 0);
    const top = [...values.subarray(row * width, (row + 1) * width)];
    // Folding an index's norm before or after the activation function may round the last bit differently.
    expect(difference(top, expected).absolute).toBeLessThanOrEqual(1e-6);
    top.forEach((value, i) => {
      if (value !== 0) expect(Math.abs(dense[Number(indices[row * width + i])]! - value)).toBeLessThanOrEqual(1e-6);
    });
  }
}

describe.each(fixtures)('%s', (name) => {
  const reference = readTensors(fixturePath('dictionaries', name, 'reference.safetensors'));
  const sets = name.startsWith('circuit-tracer');

  test('is attached where its format says', () => {
    const { format, hook_in, hook_out } = about(name);
    open(name).forEach((dictionary, layer) => {
      expect(dictionary.format).toBe(format);
      expect(dictionary.hook_in).toBe(hook_in.replace('.L.', `.${layer}.`));
      expect(dictionary.hook_out).toBe(hook_out.replace('.L.', `.${layer}.`));
    });
  });

  test('as stored, activations and reconstruction are the reference’s', async () => {
    for (const [layer, dictionary] of open(name, { fold: false }).entries()) {
      const prefix = sets ? `layer_${layer}.` : '';
      await check(dictionary, reference, `${prefix}x`, `${prefix}feature_acts`, `${prefix}x_hat`);
    }
  });

  test('folding multiplies activations by the decoder norms and leaves the reconstruction', async () => {
    for (const [layer, dictionary] of open(name, { fold: true }).entries()) {
      const prefix = sets ? `layer_${layer}.` : '';
      const folded = reference.get(`${prefix}feature_acts_folded`);
      const stored = floats(reference.get(`${prefix}feature_acts`)!);
      const byNorm = stored.map((value, i) => value * dictionary.decoder_norms[i % dictionary.d_sae]!);
      const expected = folded ?? { dtype: 'float32' as const, shape: [], data: byNorm };
      const tensors = new Map([...reference, ['expected', expected] as const]);
      await check(dictionary, tensors, `${prefix}x`, 'expected', `${prefix}x_hat`);
    }
  });
});

test('Llama Scope offers each reading of its threshold', async () => {
  const reference = readTensors(fixturePath('dictionaries', 'llama-scope', 'reference.safetensors'));
  const [dictionary] = open('llama-scope', { fold: false });
  const readings = [dictionary!, ...dictionary!.alternatives];
  const suffixes = ['', '_threshold_scaled', '_decoder_norm'];
  expect(readings).toHaveLength(suffixes.length);
  for (const [i, suffix] of suffixes.entries()) {
    await check(readings[i]!, reference, 'x', `feature_acts${suffix}`, `x_hat${suffix}`);
  }
});
