import { expect, test } from 'vitest';
import { float32, type Tensor } from '../../server/src/core/tensor.ts';
import { CALIBRATION_TEXTS } from '../../server/src/dictionary/calibration-text.ts';
import type { Dictionary } from '../../server/src/dictionary/dictionary.ts';
import { type ActivationRequest, type ActivationSource, checkFit } from '../../server/src/dictionary/fit-check.ts';
import { openCheckpoint } from '../../server/src/model/checkpoint.ts';
import { fixturePath } from '../support/fixtures.ts';
import { sharedRunner } from '../support/runner.ts';
import { memoryDictionary, randoms, signedUnits } from './memory-dictionary.ts';

const runner = sharedRunner();
const { spec } = openCheckpoint(fixturePath('models', 'gpt2'));
const D = spec.d_model;
const ROWS = 40;
const BATCHES = 3;
const RIGHT = 'blocks.0.hook_resid_post';
const WRONG = 'blocks.0.hook_resid_mid';

/**
 * A model whose activations at RIGHT are three signed units each (size 1 to 2); all other hooks hold small dense noise.
 * The first row of each batch is a BOS outlier.
 */
function sourceOf(requests: ActivationRequest[] = [], edit?: (data: Float32Array) => void): ActivationSource {
  return async function* (request) {
    requests.push(request);
    const random = randoms(7);
    for (let batch = 0; batch < BATCHES; batch++) {
      const hooks = new Map<string, Tensor<'float32'>>();
      for (const hook of request.hooks) {
        const data = Float32Array.from({ length: ROWS * D }, () => 0.1 * random());
        if (hook === RIGHT) {
          data.fill(0);
          for (let row = 0; row < ROWS; row++) {
            for (let j = 0; j < 3; j++)
              data[row * D + ((5 * row + 7 * j + batch) % D)] = (j === 1 ? -1 : 1) * (1 + Math.abs(random() % 1));
          }
        }
        data.fill(1000, 0, D);
        edit?.(data);
        hooks.set(hook, float32([ROWS, D], data));
      }
      yield { hooks, counted: Uint8Array.from({ length: ROWS }, (_, row) => Number(row > 0)) };
    }
  };
}

function check(dictionary: Dictionary, source: ActivationSource = sourceOf()) {
  return checkFit(runner(), dictionary, spec, source);
}

const convention = { prepend_bos: true, context_size: 64, model_name: null, declared_l0: 3, neuronpedia_id: null };

test('a dictionary at its own hook fits, and BOS is not counted', async () => {
  const requests: ActivationRequest[] = [];
  const report = await check(signedUnits(D, 0.5, { convention }), sourceOf(requests));
  expect(report.status, report.cause).toBe('fits');
  expect(report.fvu).toBeLessThan(1e-6);
  expect(report.l0).toBe(3);
  expect(report.positions).toBe(BATCHES * (ROWS - 1));
  expect(report.permuted.fvu).toBeGreaterThan(1);
  expect(report.permuted.l0).toBe(3);
  expect(requests).toMatchObject([{ prepend_bos: true, context_size: 64 }]);
});

test('a dictionary at a wrong hook is a misfit that names the right one', async () => {
  const report = await check(signedUnits(D, 0.5, { hook_in: WRONG, hook_out: WRONG }));
  expect(report.status).toBe('misfit');
  expect(report.cause).toMatch(new RegExp(`^FVU 1(\\.\\d)? at ${WRONG}, 0 at ${RIGHT}`));
});

test('half of all features firing is reported with its cause, in chunks of bounded size', async () => {
  const report = await check(memoryDictionary({ d_in: D, d_sae: 4096 }));
  expect(report.l0 / 4096).toBeCloseTo(0.5, 1);
  expect(report.status).toBe('misfit');
  expect(report.cause).toMatch(/L0 \d+ of 4096 features .*: no activation function or threshold/);
});

test('a decoder of other features is no better than a permuted one', async () => {
  const units = signedUnits(D, 0.5);
  const other = memoryDictionary({ d_in: D, d_sae: units.d_sae });
  const report = await check({ ...units, W_dec: other.W_dec, decoder_norms: other.decoder_norms });
  expect(report.status).toBe('misfit');
  expect(report.cause).toContain('permuted');
});

test('of two readings the one that fits better is named', async () => {
  const silent = signedUnits(D, 50, { convention });
  const reading = signedUnits(D, 0.5, { convention, name: 'lower threshold' });
  const report = await check({ ...silent, alternatives: [reading] });
  expect(report.status).toBe('misfit');
  expect(report.better).toBe('lower threshold');
  expect((await check({ ...reading, alternatives: [silent] })).better).toBe(null);
});

test('of two readings that explain as much, the one nearer to the declared L0 is named', async () => {
  const noisy = sourceOf([], (data) => {
    for (let i = 0; i < data.length; i++) if (data[i] === 0) data[i] = 0.01;
  });
  const open = signedUnits(D, 0, { convention });
  const report = await check({ ...open, alternatives: [signedUnits(D, 0.5, { convention, name: 'gated' })] }, noisy);
  expect(report.l0).toBe(D);
  expect(report.better).toBe('gated');
});

test('an L0 far from the declared one is a misfit', async () => {
  const report = await check(signedUnits(D, 0.5, { convention: { ...convention, declared_l0: 60 } }));
  expect(report.cause).toContain('L0 3 at blocks.0.hook_resid_post against the declared 60');
});

test('a value that is not finite is an error that names the hook', async () => {
  const broken = sourceOf([], (data) => data.fill(Number.NaN, D, 2 * D));
  await expect(check(signedUnits(D, 0.5), broken)).rejects.toMatchObject({ kind: 'non-finite' });
});

test('the calibration text holds at least a thousand words of several kinds', () => {
  expect(CALIBRATION_TEXTS.join(' ').split(/\s+/).length).toBeGreaterThanOrEqual(1000);
  expect(new Set(CALIBRATION_TEXTS).size).toBe(CALIBRATION_TEXTS.length);
});
