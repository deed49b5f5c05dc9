/**
 * Which devices work on this machine. A device works when it multiplies two matrices in a process of its own, since
 * native code can abort, runs every node itself, and gives the right numbers. Limit: outside Linux a software WebGPU
 * adapter cannot be told from a GPU.
 */
import { existsSync } from 'node:fs';
import { SondeError } from '../core/errors.ts';
import type { Device } from '../core/runner.ts';
import { type Advice, cudaAdvice, webgpuAdvice } from './device-advice.ts';
import { type NativeProcess, startNativeProcess } from './native-process.ts';
import { checkProbe, PROBE_PROGRAM, probeFeeds } from './probe-program.ts';
import {
  cudaProviderPath,
  gpuNodes,
  isSoftwareDriver,
  loadedVulkanDrivers,
  swiftShaderManifest,
  unresolvedLibraries,
  vulkanManifests,
} from './system-facts.ts';

/** One device, tried. */
export interface DeviceReport extends Advice {
  readonly device: Device;
  readonly works: boolean;
  /** Whether it only imitates a GPU on the processor; never chosen unasked. */
  readonly software: boolean;
  /** Largest absolute error of the trial product; of a device that works. */
  readonly error?: number;
  /** Duration of the second trial run, in milliseconds, transport included; of a device that works. */
  readonly milliseconds?: number;
}

export interface DeviceChoice {
  readonly device: Device;
  /** Why this one, in one line. */
  readonly reason: string;
  /** What was tried on the way; empty when nothing had to be. */
  readonly reports: readonly DeviceReport[];
}

/** Every device, in the order of reports. */
export const DEVICES: readonly Device[] = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'];

/** GPUs in the order in which `auto` prefers them: the vendor's own library first, the one that works anywhere next. */
const PREFERENCE: readonly Device[] = ['cuda', 'webgpu', 'dml', 'coreml'];

const PLATFORMS: Readonly<Record<Device, string>> = {
  cpu: 'every platform',
  webgpu: 'Linux x64, macOS and Windows',
  cuda: 'Linux x64',
  dml: 'Windows',
  coreml: 'macOS',
};

/** Tries every device, one after the other. */
export async function probeDevices(): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const device of DEVICES) reports.push(await probeDevice(device));
  return reports;
}

/** Tries one device in a throw-away process. Never throws: a failure is the report. */
export async function probeDevice(device: Device): Promise<DeviceReport> {
  const native = startNativeProcess({ device });
  try {
    const backends = await native.ready;
    if (!backends.includes(device)) {
      const here = `${process.platform}/${process.arch}`;
      const detail = `onnxruntime-node for ${here} has no ${device}; it has ${backends.join(', ')}`;
      return { device, works: false, software: false, detail, remedy: `use ${device} on ${PLATFORMS[device]}` };
    }
    return await tryProduct(native, device);
  } catch (error) {
    return { device, works: false, software: false, ...(await advice(device, lastWords(error, native))) };
  } finally {
    await native.kill();
  }
}

/**
 * Resolves a wish to a device that works: an explicit one or nothing, `auto` the best GPU, else the CPU.
 * @throws device-unavailable when the device asked for does not work, with the reason and the remedy.
 */
export async function chooseDevice(wish: Device | 'auto'): Promise<DeviceChoice> {
  if (wish === 'cpu') return { device: 'cpu', reason: 'asked for', reports: [] };
  if (wish !== 'auto') {
    const report = await probeDevice(wish);
    if (report.works) return { device: wish, reason: 'asked for', reports: [report] };
    const remedy = report.remedy ? ` Remedy: ${report.remedy}.` : '';
    throw new SondeError('device-unavailable', `Device ${wish} does not work here: ${report.detail}.${remedy}`, {
      report,
    });
  }
  const reports: DeviceReport[] = [];
  for (const device of PREFERENCE) {
    const hopeless = whyHopeless(device);
    const report = hopeless ? { device, works: false, software: false, detail: hopeless } : await probeDevice(device);
    reports.push(report);
    if (report.works && !report.software) return { device, reason: report.detail, reports };
  }
  const software = reports.find((report) => report.works);
  const reason = software
    ? `${software.device} works only through a software adapter, slower than the cpu`
    : 'no GPU works here';
  return { device: 'cpu', reason, reports };
}

async function tryProduct(native: NativeProcess, device: Device): Promise<DeviceReport> {
  const strict = device !== 'cpu';
  await native.call('open', { session: 1, program: PROBE_PROGRAM, options: { weights: 'packed' }, strict });
  const run = { session: 1, feeds: { ...probeFeeds() }, fetches: ['c'] };
  await native.call('run', run); // The first run compiles shaders.
  const start = performance.now();
  const { c } = await native.call('run', run);
  const milliseconds = performance.now() - start;
  const error = checkProbe(c!);
  const drivers = device === 'webgpu' ? loadedVulkanDrivers(native.pid) : [];
  // The loader maps every installed driver: software alone means that none is a GPU's, or that there is no GPU.
  const software = drivers.length > 0 && (drivers.every(isSoftwareDriver) || gpuNodes().length === 0);
  const by = drivers.length > 0 ? ` through ${drivers.join(', ')}` : '';
  const detail = software ? `works${by}, a software adapter: slower than the cpu` : `works${by}`;
  return { device, works: true, software, detail, error, milliseconds };
}

/** A reason known without starting native code; it keeps `auto` fast where there is no GPU. */
function whyHopeless(device: Device): string | undefined {
  const { platform } = process;
  if (device === 'cuda' && !existsSync(cudaProviderPath())) return 'the provider library for CUDA is not installed';
  if (device === 'webgpu' && platform === 'linux' && gpuNodes().length === 0) return 'no GPU is visible here';
  if (device === 'dml' && platform !== 'win32') return 'DirectML is part of Windows';
  if (device === 'coreml' && platform !== 'darwin') return 'CoreML is part of macOS';
  return undefined;
}

async function advice(device: Device, said: string): Promise<Advice> {
  if (process.platform !== 'linux' || (device !== 'webgpu' && device !== 'cuda')) return { detail: said };
  const gpus = gpuNodes();
  const missing = await missingLibraries(['libvulkan.so.1', 'libcuda.so.1']);
  if (device === 'cuda') {
    const provider = cudaProviderPath();
    const providerExists = existsSync(provider);
    const unresolved = providerExists ? unresolvedLibraries(provider) : [];
    return cudaAdvice({ provider, providerExists, unresolved, driver: !missing.includes('libcuda.so.1'), gpus, said });
  }
  const named = process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES;
  const swiftShader = swiftShaderManifest();
  return webgpuAdvice({
    vulkanLoader: !missing.includes('libvulkan.so.1'),
    manifests: vulkanManifests(process.env),
    gpus,
    said,
    ...(named ? { named } : {}),
    ...(swiftShader ? { swiftShader } : {}),
  });
}

/** Asked of a fresh process: the one that failed may be dead, and loading a driver may end one too. */
async function missingLibraries(names: readonly string[]): Promise<readonly string[]> {
  const native = startNativeProcess({ device: 'cpu' });
  try {
    return await native.call('missingLibraries', { names });
  } catch {
    return []; // Even the CPU's process fails: its own report says why.
  } finally {
    await native.kill();
  }
}

function lastWords(error: unknown, native: NativeProcess): string {
  const message = error instanceof SondeError ? String(error.data.native ?? error.message) : String(error);
  const lines = native.lines().filter((line) => /error|fail|missing|cannot|no such|not found/i.test(line));
  return [...new Set([message, ...lines])].join(' | ').slice(0, 1000);
}
