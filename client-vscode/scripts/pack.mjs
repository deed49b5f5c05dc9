/**
 * Packs the extension as `sonde-vscode-<target>-<version>.vsix`: `node scripts/pack.mjs [--target linux-x64] [--out FOLDER]`.
 * It carries the server with one platform's native parts and the embedded model, and needs no checkout. The staged
 * folder exists because the packaging tool cannot follow hoisted workspaces.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleExtension, bundleServer, bundleWebviews, ROOT } from './bundle.mjs';
import { copyNativeParts, TARGET_NAMES } from './native.mjs';
import { notices } from './notices.mjs';

/** The newest that runs on Node 20. It is not a dependency: it brings some 300 packages that nothing else needs. */
const VSCE = '@vscode/vsce@3.9.2';
const MAX_BYTES = 80e6;

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: `${process.platform}-${process.arch}` },
    out: { type: 'string', default: '.' },
  },
});
if (!TARGET_NAMES.includes(values.target)) {
  process.stderr.write(`"${values.target}" is no target; expected one of ${TARGET_NAMES.join(', ')}.\n`);
  process.exit(2);
}

const client = join(ROOT, 'client-vscode');
const server = join(ROOT, 'server');
const stage = mkdtempSync(join(tmpdir(), 'sonde-vsix-'));
try {
  const dist = join(stage, 'dist');
  const inputs = [
    ...(await bundleExtension(join(dist, 'extension.js'))),
    ...(await bundleWebviews(join(dist, 'webviews'))),
  ];
  const {
    dependencies: _,
    devDependencies: __,
    type: ___,
    private: ____,
    ...manifest
  } = readJson(client, 'package.json');
  writeJson(manifest, stage, 'package.json');
  for (const name of readdirSync(client)) {
    if (!/^(src|scripts|dist|node_modules|package\.json|tsconfig.*)$/.test(name))
      copy(join(client, name), join(stage, name));
  }
  copy(join(ROOT, 'LICENSE'), join(stage, 'LICENSE'));

  const packed = join(stage, 'server');
  inputs.push(...(await bundleServer(packed)));
  writeFileSync(join(stage, 'THIRD-PARTY.txt'), notices(ROOT, inputs));
  const { name, version, license, type } = readJson(server, 'package.json');
  writeJson({ name, version, license, type }, packed, 'package.json');
  copy(join(server, 'models'), join(packed, 'models'));
  copy(join(server, 'config.schema.json'), join(packed, 'config.schema.json'));
  copyNativeParts(values.target, join(packed, 'node_modules'));
  // The packaging tool leaves out folders named node_modules unless told otherwise.
  writeFileSync(join(stage, '.vscodeignore'), '!server/node_modules/**\n');

  mkdirSync(values.out, { recursive: true });
  const file = resolve(values.out, `${manifest.name}-${values.target}-${manifest.version}.vsix`);
  runVsce(['package', '--no-dependencies', '--allow-missing-repository', '--target', values.target, '--out', file]);
  const { size } = statSync(file);
  process.stdout.write(`${file}: ${megabytes(size)} packed, ${megabytes(bytesIn(stage))} unpacked\n`);
  if (size > MAX_BYTES) {
    throw new Error(`The package takes ${megabytes(size)}; at most ${megabytes(MAX_BYTES)} are promised.`);
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(stage, { recursive: true, force: true });
}

function runVsce(args) {
  const npx = { cwd: stage, encoding: 'utf8', shell: process.platform === 'win32' };
  const { status, error, stdout, stderr } = spawnSync('npx', ['--yes', VSCE, ...args], npx);
  if (status !== 0) throw new Error(`${VSCE} failed (${error?.message ?? `exit ${status}`}).\n${stdout}${stderr}`);
}

function copy(from, to) {
  cpSync(from, to, { recursive: true });
}

function readJson(...path) {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}

function writeJson(value, ...path) {
  writeFileSync(join(...path), `${JSON.stringify(value, null, 2)}\n`);
}

function bytesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
