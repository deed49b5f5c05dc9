/** The packages with native code, cut to one platform. */
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { ROOT } from './bundle.mjs';

/** By the editor's name of a platform: folder of onnxruntime-node, and suffix of the tokenizers library. */
const TARGETS = {
  'linux-x64': ['linux/x64', 'linux-x64-gnu'],
  'linux-arm64': ['linux/arm64', 'linux-arm64-gnu'],
  'darwin-arm64': ['darwin/arm64', 'darwin-arm64'],
  'win32-x64': ['win32/x64', 'win32-x64-msvc'],
  'win32-arm64': ['win32/arm64', 'win32-arm64-msvc'],
};

export const TARGET_NAMES = Object.keys(TARGETS);

/** Copies onnxruntime-node and tokenizers with what `target` needs into the `modules` folder. @throws naming what is missing. */
export function copyNativeParts(target, modules) {
  const [runtime, tokenizer] = TARGETS[target];
  const node = packageFolder('onnxruntime-node');
  const tokenizers = packageFolder('tokenizers');
  const binaries = join(node, 'bin', 'napi-v6', runtime);
  const library = join(tokenizers, `tokenizers.${tokenizer}.node`);
  const missing = [binaries, library].filter((path) => !existsSync(path));
  if (missing.length > 0) throw new Error(`The native parts of ${target} are not installed: ${missing.join(', ')}.`);

  copyScripts(node, join(modules, 'onnxruntime-node'), ['dist']);
  copyScripts(packageFolder('onnxruntime-common'), join(modules, 'onnxruntime-common'), ['dist/cjs']);
  const destination = join(modules, 'onnxruntime-node', 'bin', 'napi-v6', runtime);
  mkdirSync(destination, { recursive: true });
  for (const name of readdirSync(binaries)) {
    // The package holds macOS's library under two names; the binding asks for the one without the release.
    if (!/\.\d+\.\d+\.\d+\.dylib$/.test(name)) cpSync(join(binaries, name), join(destination, name));
  }
  copyScripts(tokenizers, join(modules, 'tokenizers'), ['index.js', `tokenizers.${tokenizer}.node`]);
}

/** Copies the manifest, the licence and the files given, without declarations and source maps. */
function copyScripts(from, to, names) {
  for (const name of ['package.json', 'LICENSE', ...names]) {
    const filter = (path) => !/\.(d\.ts|map)$/.test(path);
    if (existsSync(join(from, name))) cpSync(join(from, name), join(to, name), { recursive: true, filter });
  }
}

/** The folder of an installed package, found as the server finds it. */
function packageFolder(name) {
  const require = createRequire(join(ROOT, 'server', 'package.json'));
  let folder = dirname(require.resolve(name));
  // Its folders may hold manifests without a name, which only say how modules are written.
  while (basename(folder) !== name) folder = dirname(folder);
  return folder;
}
