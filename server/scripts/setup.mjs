/**
 * Makes a fresh clone ready: installs packages when the lockfile has changed since the last install, then builds.
 * onnxruntime-node's install script must be skipped: it tries to download a CUDA provider and fails without internet.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const stamp = join(root, 'node_modules', '.sonde-installed');
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stderr.write('Installing packages (once; about a minute) …\n');
  run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { ONNXRUNTIME_NODE_INSTALL: 'skip' });
  writeFileSync(stamp, lock);
}
run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', root]);

function run(command, args, environment = {}) {
  const shell = process.platform === 'win32' && command === 'npm';
  // What a build prints is for stderr: stdout belongs to the command that runs after.
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell,
    env: { ...process.env, ...environment },
  });
  if (result.status !== 0) {
    process.stderr.write(
      `${command} ${args.join(' ')} failed (${result.error?.message ?? `exit ${result.status}`}).\n`,
    );
    process.exit(1);
  }
}
