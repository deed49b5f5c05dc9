/** Whether this machine can run the Python example: a Python 3 with the package `websockets`. */
import { spawnSync } from 'node:child_process';

/** The interpreter to run, or why there is none; an explicit SONDE_PYTHON is kept. */
export type PythonPlan = { readonly executable: string } | { readonly missing: string };

export function pythonPlan(): PythonPlan {
  const executable = process.env.SONDE_PYTHON ?? 'python3';
  const { status, error } = spawnSync(executable, ['-c', 'import websockets.sync.client'], { stdio: 'ignore' });
  if (error) return { missing: `${executable} does not start` };
  return status === 0
    ? { executable }
    : { missing: `${executable} has no package websockets (pip install websockets, or name another by SONDE_PYTHON)` };
}
