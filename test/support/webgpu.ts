/** Whether this machine can run the WebGPU suites: through a GPU's Vulkan driver, or SwiftShader as Chromium packages it. */
import { gpuNodes, swiftShaderManifest } from '../../server/src/runtime/system-facts.ts';

/** The environment that the suites need, or why they cannot run. */
export type WebgpuPlan = { readonly env: Record<string, string> } | { readonly missing: string };

/** Decides from the files of this machine; an explicit VK_ICD_FILENAMES is kept. */
export function webgpuPlan(): WebgpuPlan {
  if (process.platform !== 'linux') return { env: {} };
  if (process.arch !== 'x64') return { missing: `onnxruntime-node has no webgpu on linux/${process.arch}` };
  if (!loads('libvulkan.so.1')) return { missing: 'libvulkan.so.1 is not installed (apt-get install libvulkan1)' };
  if (process.env.VK_ICD_FILENAMES || gpuNodes().length > 0) return { env: {} };
  const manifest = swiftShaderManifest();
  if (!manifest) return { missing: 'there is no GPU and no SwiftShader (apt-get install chromium)' };
  return { env: { VK_ICD_FILENAMES: manifest } };
}

function loads(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library);
    return true;
  } catch (error) {
    return (error as Error).message.includes('did not self-register');
  }
}
