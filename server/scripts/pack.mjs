/**
 * Packs the server as `sonde-<version>.tgz` into the folder given (default: the current one). The protocol is not
 * published on its own, so it is bundled: npm bundles only what lies in the package's own node_modules, hence the
 * staged folder.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const server = fileURLToPath(new URL('../', import.meta.url));
const protocol = fileURLToPath(new URL('../../protocol/', import.meta.url));
const destination = resolve(process.argv[2] ?? '.');
const stage = mkdtempSync(join(tmpdir(), 'sonde-pack-'));
try {
  const manifest = JSON.parse(readFileSync(join(server, 'package.json'), 'utf8'));
  for (const name of [...manifest.files, 'README.md'])
    cpSync(join(server, name), join(stage, name), { recursive: true });
  cpSync(join(server, '..', 'LICENSE'), join(stage, 'LICENSE'));
  const bundled = join(stage, 'node_modules', '@sonde', 'protocol');
  mkdirSync(bundled, { recursive: true });
  for (const name of ['package.json', 'dist']) cpSync(join(protocol, name), join(bundled, name), { recursive: true });
  const { devDependencies: _, scripts: __, ...published } = manifest;
  // What is bundled does not install its own dependencies; the server does it for both.
  const { dependencies } = JSON.parse(readFileSync(join(protocol, 'package.json'), 'utf8'));
  const bundle = {
    ...published,
    dependencies: { ...dependencies, ...published.dependencies },
    bundleDependencies: ['@sonde/protocol'],
  };
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(bundle, null, 2)}\n`);
  execFileSync('npm', ['pack', '--pack-destination', destination], {
    cwd: stage,
    stdio: ['ignore', 'inherit', 'ignore'],
  });
} finally {
  rmSync(stage, { recursive: true, force: true });
}
