/** Why a device does not work, and what to do about it, from facts about the machine: the pure half of `sonde doctor`. */

/** A reason in one line and a remedy; no remedy where nothing helps on this machine. */
export interface Advice {
  readonly detail: string;
  readonly remedy?: string;
}

export interface WebgpuFacts {
  /** Whether the dynamic loader finds libvulkan.so.1. */
  readonly vulkanLoader: boolean;
  /** Vulkan driver manifests in force. */
  readonly manifests: readonly string[];
  /** VK_DRIVER_FILES or VK_ICD_FILENAMES, when set. */
  readonly named?: string;
  /** Device nodes of GPUs. */
  readonly gpus: readonly string[];
  /** SwiftShader's manifest, when some browser installed it. */
  readonly swiftShader?: string;
  /** What the native runtime said. */
  readonly said: string;
}

/** The first thing missing between the native runtime and a Vulkan adapter, in the order in which they are needed. */
export function webgpuAdvice(facts: WebgpuFacts): Advice {
  if (!facts.vulkanLoader) {
    return {
      detail: 'the Vulkan loader, libvulkan.so.1, is not installed',
      remedy: 'install it: `apt-get install libvulkan1` (Debian, Ubuntu) or `dnf install vulkan-loader` (Fedora)',
    };
  }
  if (facts.named && facts.manifests.length === 0) {
    return {
      detail: `VK_DRIVER_FILES or VK_ICD_FILENAMES names no file that exists: ${facts.named}`,
      remedy: 'correct the variable or unset it',
    };
  }
  const software = facts.swiftShader
    ? `; without a GPU, VK_ICD_FILENAMES=${facts.swiftShader} computes on the processor, slowly`
    : '; without a GPU, the package `chromium` brings SwiftShader, which computes on the processor, slowly';
  if (facts.gpus.length === 0) {
    return {
      detail: 'no GPU is visible here: there is neither /dev/dri/renderD* nor /dev/nvidia*',
      remedy: `in a container, pass the GPU through (\`--gpus all\`, \`--device /dev/dri\`)${software}`,
    };
  }
  if (facts.manifests.length === 0) {
    return {
      detail: `the GPU ${facts.gpus[0]} has no Vulkan driver: no manifest lies in /etc/vulkan/icd.d or /usr/share/vulkan/icd.d`,
      remedy: `install \`mesa-vulkan-drivers\` (AMD, Intel) or NVIDIA's driver with its Vulkan part${software}`,
    };
  }
  return {
    detail: `no adapter was accepted from ${facts.manifests.join(', ')}: ${facts.said}`,
    remedy: 'llvmpipe is refused by the native runtime; check with `vulkaninfo --summary` that a GPU is listed',
  };
}

export interface CudaFacts {
  /** Where the provider library is looked for. */
  readonly provider: string;
  readonly providerExists: boolean;
  /** Libraries that the provider needs and that are not found. */
  readonly unresolved: readonly string[];
  /** Whether the dynamic loader finds libcuda.so.1, which belongs to the driver. */
  readonly driver: boolean;
  readonly gpus: readonly string[];
  readonly said: string;
}

/** Everything that CUDA lacks here: the driver first, since no library helps without it. */
export function cudaAdvice(facts: CudaFacts): Advice {
  const lacks: string[] = [];
  const remedies: string[] = [];
  if (!facts.gpus.some((path) => /nvidia|dxg/.test(path))) {
    lacks.push('no NVIDIA GPU is visible (/dev/nvidia0)');
    remedies.push('in a container, pass it through (`--gpus all`)');
  }
  if (!facts.driver) {
    lacks.push("NVIDIA's driver library libcuda.so.1 is not found");
    remedies.push("install NVIDIA's driver");
  }
  if (!facts.providerExists) {
    lacks.push(`the provider library is not installed: ${facts.provider}`);
    remedies.push('run `ONNXRUNTIME_NODE_INSTALL=true npm rebuild onnxruntime-node`, which downloads it for CUDA 12');
  }
  const libraries = facts.unresolved.filter((name) => name !== 'libcuda.so.1');
  if (libraries.length > 0) {
    lacks.push(`libraries of CUDA and cuDNN are not found: ${libraries.join(', ')}`);
    remedies.push('install that CUDA and cuDNN release and put their folders on LD_LIBRARY_PATH');
  }
  if (lacks.length === 0) return { detail: facts.said };
  return { detail: lacks.join('; '), remedy: remedies.join('; ') };
}
