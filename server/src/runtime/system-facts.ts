/** What this machine has of the things that devices need. Reads names only; native code is loaded elsewhere. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Paths of the GPUs that this process may see on Linux (`/dev/dri/renderD128`, `/dev/nvidia0`, WSL's `/dev/dxg`). */
export function gpuNodes(): string[] {
  const nodes = [...list('/dev', /^(nvidia\d+|dxg)$/), ...list('/dev/dri', /^renderD\d+$/)];
  return nodes.sort();
}

/**
 * Vulkan driver manifests in the loader's order of search: those of the environment replace the system's.
 * Source: Vulkan-Loader, LoaderDriverInterface.md, "Driver Discovery on Linux".
 */
export function vulkanManifests(env: NodeJS.ProcessEnv): string[] {
  const named = env.VK_DRIVER_FILES || env.VK_ICD_FILENAMES;
  if (named) return named.split(':').filter((path) => existsSync(path));
  const roots = ['/etc/xdg', '/etc', join(homedir(), '.local/share'), '/usr/local/share', '/usr/share'];
  return roots.flatMap((root) => list(join(root, 'vulkan/icd.d'), /\.json$/));
}

/** SwiftShader's manifest as Linux packages of Chromium and Chrome install it; nothing where there is none. */
export function swiftShaderManifest(): string | undefined {
  const folders = ['/usr/lib/chromium', '/usr/lib64/chromium-browser', '/opt/google/chrome'];
  return folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((path) => existsSync(path));
}

/**
 * File names of the Vulkan drivers that a running process has loaded. Native WebGPU tells nobody which adapter it took,
 * but the driver's library is in the process' memory map. Empty where the system has no `/proc`.
 */
export function loadedVulkanDrivers(pid: number): string[] {
  let maps: string;
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return []; // Not Linux: the caller then cannot tell a software adapter.
  }
  const names = maps.matchAll(
    /\/(libvk_swiftshader|libvulkan_\w+|libGLX_nvidia|libEGL_nvidia|libnvidia-vulkan\w*)[^/\n]*$/gm,
  );
  return [...new Set([...names].map((match) => match[1]!))].sort();
}

/** Whether a Vulkan driver computes on the processor. */
export function isSoftwareDriver(name: string): boolean {
  return /swiftshader|lvp|llvmpipe/.test(name);
}

/** Path that onnxruntime-node loads its CUDA provider from, whether or not it exists. */
export function cudaProviderPath(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(
    dirname(main),
    '..',
    'bin',
    'napi-v6',
    process.platform,
    process.arch,
    'libonnxruntime_providers_cuda.so',
  );
}

/** Libraries that a shared library needs and the dynamic loader does not find; nothing where there is no `ldd`. */
export function unresolvedLibraries(path: string): string[] {
  const { stdout } = spawnSync('ldd', [path], { encoding: 'utf8' });
  return [...(stdout ?? '').matchAll(/^\s*(\S+) => not found$/gm)].map((match) => match[1]!);
}

function list(folder: string, names: RegExp): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => names.test(name))
    .map((name) => join(folder, name));
}
