/** Bundles the extension and the server into a few files that need no checkout and no packages but the native ones. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = join(ROOT, 'server', 'src');

/** Node 20 is the oldest that the server promises and the one of the oldest editor that the extension does. */
const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  sourcemap: false,
  logLevel: 'warning',
  metafile: true,
  absWorkingDir: ROOT,
  alias: { '@sonde/protocol': join(ROOT, 'protocol', 'src', 'index.ts') },
};

/** These stay packages of their own: the first two hold native code, the others speed up what works without them. */
const EXTERNAL = ['onnxruntime-node', 'tokenizers', 'bufferutil', 'utf-8-validate', 'msgpackr-extract'];

/** The scripts that webviews load. */
const WEBVIEWS = ['feature-page', 'compare-page', 'strip'];

/** What packages written for CommonJS expect in a module. */
const REQUIRE =
  "import { createRequire as sondeRequire } from 'node:module'; const require = sondeRequire(import.meta.url);";

/**
 * Writes the extension as one CommonJS file, which every editor that the manifest admits can load. Returns the files
 * that went in, relative to the repository.
 */
export async function bundleExtension(outfile) {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: [join(ROOT, 'client-vscode', 'src', 'extension.ts')],
    outfile,
    format: 'cjs',
    external: ['vscode'],
  });
  return Object.keys(metafile.inputs);
}

/** Writes the webviews' scripts into `folder`: what lies beside them in `browser` is part of one or the other. */
export async function bundleWebviews(folder) {
  const sources = join(ROOT, 'client-vscode', 'src', 'webviews', 'browser');
  const { metafile } = await build({
    ...COMMON,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    entryPoints: WEBVIEWS.map((name) => join(sources, `${name}.ts`)).filter(existsSync),
    outdir: folder,
  });
  return Object.keys(metafile.inputs);
}

/** Writes the server's two entries, the command line and the runtime process, as modules under `folder`/dist; returns as above. */
export async function bundleServer(folder) {
  const inputs = [];
  for (const entry of ['main', 'runtime/child']) {
    const { metafile } = await build({
      ...COMMON,
      entryPoints: [join(SOURCES, `${entry}.ts`)],
      outfile: join(folder, 'dist', `${entry}.js`),
      format: 'esm',
      external: EXTERNAL,
      banner: { js: REQUIRE },
      plugins: [ownPlaces(entry.includes('/') ? '../' : './')],
    });
    inputs.push(...Object.keys(metafile.inputs));
  }
  return inputs;
}

/** Sources find files by their own place in `dist`: in a bundle, each keeps the place that it had. */
function ownPlaces(base) {
  return {
    name: 'own-places',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        if (!path.startsWith(SOURCES) || !source.includes('import.meta.url')) return null;
        const place = base + relative(SOURCES, path).replaceAll('\\', '/').replace(/\.ts$/, '.js');
        const contents = source.replaceAll('import.meta.url', `new URL('${place}', import.meta.url).href`);
        return { contents, loader: 'ts' };
      });
    },
  };
}
