import { describe, expect, test } from 'vitest';
import { type CudaFacts, cudaAdvice, type WebgpuFacts, webgpuAdvice } from '../../server/src/runtime/device-advice.ts';
import { chooseDevice, DEVICES, probeDevice } from '../../server/src/runtime/devices.ts';
import { checkProbe, probeFeeds } from '../../server/src/runtime/probe-program.ts';
import { isSoftwareDriver } from '../../server/src/runtime/system-facts.ts';
import { expectError } from '../support/expect-error.ts';

describe('why WebGPU does not work', () => {
  const fine: WebgpuFacts = {
    vulkanLoader: true,
    manifests: ['/usr/share/vulkan/icd.d/radeon_icd.x86_64.json'],
    gpus: ['/dev/dri/renderD128'],
    said: 'No supported adapters',
  };
  const cases: [string, Partial<WebgpuFacts>, RegExp, RegExp][] = [
    ['the loader', { vulkanLoader: false, gpus: [] }, /libvulkan\.so\.1/, /libvulkan1/],
    ['the file that a variable names', { named: '/x.json', manifests: [] }, /VK_ICD_FILENAMES.*\/x\.json/, /unset/],
    ['a GPU', { gpus: [] }, /no GPU is visible/, /--gpus all.*`chromium`/],
    ['a GPU, with SwiftShader here', { gpus: [], swiftShader: '/s.json' }, /no GPU/, /VK_ICD_FILENAMES=\/s\.json/],
    ['a driver', { manifests: [] }, /renderD128 has no Vulkan driver/, /mesa-vulkan-drivers/],
    ['nothing that we know', {}, /radeon_icd.*No supported adapters/, /vulkaninfo/],
  ];
  test.each(cases)('%s is missing', (_, change, detail, remedy) => {
    const advice = webgpuAdvice({ ...fine, ...change });
    expect(advice.detail).toMatch(detail);
    expect(advice.remedy).toMatch(remedy);
  });
});

describe('why CUDA does not work', () => {
  const fine: CudaFacts = {
    provider: '/ort/libonnxruntime_providers_cuda.so',
    providerExists: true,
    unresolved: [],
    driver: true,
    gpus: ['/dev/nvidia0'],
    said: 'CUDA failure 35',
  };
  const cases: [string, Partial<CudaFacts>, RegExp, RegExp][] = [
    ['a GPU', { gpus: ['/dev/dri/renderD128'] }, /\/dev\/nvidia0/, /--gpus all/],
    [
      'the driver',
      { driver: false, unresolved: ['libcuda.so.1'] },
      /^NVIDIA's driver library libcuda\.so\.1 is not found$/,
      /driver/,
    ],
    [
      'the provider',
      { providerExists: false },
      /\/ort\/libonnxruntime_providers_cuda\.so/,
      /ONNXRUNTIME_NODE_INSTALL=true/,
    ],
    [
      'libraries',
      { unresolved: ['libcudart.so.12', 'libcudnn.so.9'] },
      /libcudart\.so\.12, libcudnn\.so\.9/,
      /LD_LIBRARY_PATH/,
    ],
    ['two things', { driver: false, providerExists: false }, /libcuda\.so\.1.*; the provider/, /driver; run/],
  ];
  test.each(cases)('%s is missing', (_, change, detail, remedy) => {
    const advice = cudaAdvice({ ...fine, ...change });
    expect(advice.detail).toMatch(detail);
    expect(advice.remedy).toMatch(remedy);
  });

  test('what the native runtime said is the reason when nothing is missing', () => {
    expect(cudaAdvice(fine)).toEqual({ detail: 'CUDA failure 35' });
  });
});

describe('the trial product', () => {
  const { a, b } = probeFeeds();
  const product = (round: (x: number) => number) =>
    Float32Array.from({ length: 64 * 64 }, (_, n) => {
      let sum = 0;
      for (let k = 0; k < 256; k++) sum += round(a.data[(n >> 6) * 256 + k]!) * round(b.data[k * 64 + (n & 63)]!);
      return sum;
    });
  const result = (data: Float32Array) => ({ dtype: 'float32' as const, shape: [64, 64], data });

  test('float32 passes', () => {
    expect(checkProbe(result(product((x) => x)))).toBeLessThan(1e-6);
  });

  test('operands of ten bits, as in half precision and TensorFloat-32, do not', () => {
    const tenBits = (x: number) => Math.round(x * 1024) / 1024;
    expectError('device-unavailable', () => checkProbe(result(product(tenBits))), 'wrong numbers', 'off by 0.0');
  });

  test('one NaN does not', () => {
    const data = product((x) => x);
    data[7] = Number.NaN;
    expectError('device-unavailable', () => checkProbe(result(data)), 'off by NaN');
  });
});

test('software drivers are told by their names', () => {
  const names = ['libvk_swiftshader', 'libvulkan_lvp', 'libvulkan_radeon', 'libGLX_nvidia'];
  expect(names.map(isSoftwareDriver)).toEqual([true, true, false, false]);
});

test('the CPU works, with its error and duration', async () => {
  const report = await probeDevice('cpu');
  expect(report).toMatchObject({ device: 'cpu', works: true, software: false, detail: 'works' });
  expect(report.error).toBeGreaterThan(0);
  expect(report.milliseconds).toBeGreaterThan(0);
});

test('a device of another platform is named with those of this one, and refused when asked for', async () => {
  const foreign = process.platform === 'win32' ? 'coreml' : 'dml';
  const report = await probeDevice(foreign);
  expect(report.works).toBe(false);
  expect(report.detail).toMatch(new RegExp(`has no ${foreign}; it has cpu`));
  await expect(chooseDevice(foreign)).rejects.toMatchObject({ kind: 'device-unavailable' });
});

test('auto chooses a device that works, and says why', async () => {
  const choice = await chooseDevice('auto');
  expect(DEVICES).toContain(choice.device);
  expect(choice.reason).not.toBe('');
  const chosen = choice.reports.filter((report) => report.works && !report.software).map((report) => report.device);
  expect(chosen).toEqual(choice.device === 'cpu' ? [] : [choice.device]);
});
