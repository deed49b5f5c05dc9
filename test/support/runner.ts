/** One runtime process for all tests of a file. */
import { afterAll, beforeAll } from 'vitest';
import type { Device } from '../../server/src/core/runner.ts';
import { type ProcessRunner, startRunner } from '../../server/src/runtime/process-runner.ts';

/** Starts a runner before the file's tests and disposes it after them; call the result inside a test. */
export function sharedRunner(device: Device = 'cpu'): () => ProcessRunner {
  let runner: ProcessRunner | undefined;
  beforeAll(async () => {
    runner = await startRunner({ device });
  });
  afterAll(() => runner?.dispose());
  return () => runner!;
}
