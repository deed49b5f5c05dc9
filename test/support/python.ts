/** Whether this machine can run the Python example: a Python 3 with the package `websockets`. */
import { spawnSync } from 'node:child_process';

/** The system's own first: where another `python3` comes before it, that one rarely has the system's packages. */
const PLACES = ['/usr/bin/python3', 'python3', 'python'];

/** The interpreter to run, or why there is none; an explicit SONDE_PYTHON is kept. */
export type PythonPlan = { readonly executable: string } | { readonly missing: string };

export function pythonPlan(): PythonPlan {
  const { SONDE_PYTHON } = process.env;
  const executable = (SONDE_PYTHON === undefined ? PLACES : [SONDE_PYTHON]).find(
    (path) => spawnSync(path, ['-c', 'import websockets'], { stdio: 'ignore' }).status === 0,
  );
  return executable === undefined
    ? { missing: 'no Python 3 has the package websockets (pip install websockets, or name one by SONDE_PYTHON)' }
    : { executable };
}
