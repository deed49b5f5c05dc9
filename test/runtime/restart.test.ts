import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { float32, int64 } from '../../server/src/core/tensor.ts';
import { type ProcessRunner, startRunner } from '../../server/src/runtime/process-runner.ts';
import { expectRejection } from '../support/expect-error.ts';
import { productProgram, slowProgram } from '../support/programs.ts';

const PACKED = { weights: 'packed' } as const;
const QUICK = { x: float32([1, 1], [1]), shape: int64([2], [1, 1]) };
const DIED = { kind: 'runtime-restarted', data: { retryable: true } };

/** Feeds of a run that takes seconds; equal `x` makes equal requests. */
function slow(x = 1) {
  return { x: float32([1, 1], [x]), shape: int64([2], [1500, 1500]) };
}

async function withRunner(use: (runner: ProcessRunner) => Promise<void>): Promise<void> {
  const runner = await startRunner({ device: 'cpu', threads: 1 });
  try {
    await use(runner);
  } finally {
    await runner.dispose();
  }
}

/** Kills the process while a run is in it. */
async function killDuring<T>(runner: ProcessRunner, signal: NodeJS.Signals, run: Promise<T>): Promise<T> {
  setTimeout(() => process.kill(runner.pid(), signal), 100);
  return run;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether an orphan has ended; init, its new parent, reaps it when it likes. */
function hasEnded(pid: number): boolean {
  if (!existsSync('/proc/self/stat')) return !exists(pid);
  return !existsSync(`/proc/${pid}/stat`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
}

describe('when the process is killed', () => {
  test('the run in flight is retryable, waiting requests and the session go on', async () => {
    await withRunner(async (runner) => {
      const session = await runner.open(slowProgram(), PACKED);
      const killed = runner.pid();
      const inFlight = runner.run(session, slow(), ['y']);
      const waiting = runner.run(session, QUICK, ['y']);
      await expect(killDuring(runner, 'SIGKILL', inFlight)).rejects.toMatchObject({
        ...DIED,
        data: { retryable: true, signal: 'SIGKILL' },
      });
      expect(await waiting).toEqual({ y: float32([], [1]) });
      expect(runner.pid()).not.toBe(killed);
      expect(runner.restarts()).toBe(1);
      expect(exists(killed)).toBe(false);
    });
  });

  test('an idle process is replaced before the next request, and closing a lost session works', async () => {
    await withRunner(async (runner) => {
      const kept = await runner.open(slowProgram(), PACKED);
      const closed = await runner.open(productProgram(), PACKED);
      const killed = runner.pid();
      process.kill(killed, 'SIGKILL');
      await expect.poll(() => runner.pid()).not.toBe(killed);
      await runner.close(closed);
      expect(await runner.run(kept, QUICK, ['y'])).toEqual({ y: float32([], [1]) });
    });
  });

  test('a new session never gets the id of an old one', async () => {
    await withRunner(async (runner) => {
      const first = await runner.open(productProgram(), PACKED);
      await runner.close(first);
      process.kill(runner.pid(), 'SIGKILL');
      expect(
        await runner.open(productProgram(), PACKED).catch(() => runner.open(productProgram(), PACKED)),
      ).toBeGreaterThan(first);
    });
  });
});

describe('two deaths', () => {
  test.each([
    ['SIGKILL', 'out-of-memory', /Memory ran out/],
    ['SIGABRT', 'fault', /native runtime crashes/],
  ] as const)(
    '%s twice during one request refuses it as %s, others run on the same session',
    async (signal, kind, words) => {
      await withRunner(async (runner) => {
        const session = await runner.open(slowProgram(), PACKED);
        await expect(killDuring(runner, signal, runner.run(session, slow(), ['y']))).rejects.toMatchObject(DIED);
        // A death while starting has no suspect: the second must come in the run.
        await runner.run(session, QUICK, ['y']);
        const refused = { kind, data: { retryable: false, deaths: 2, signal }, message: expect.stringMatching(words) };
        await expect(killDuring(runner, signal, runner.run(session, slow(), ['y']))).rejects.toMatchObject(refused);
        expect(await runner.run(session, QUICK, ['y'])).toEqual({ y: float32([], [1]) });
        const before = runner.pid();
        await expect(runner.run(session, slow(), ['y'])).rejects.toMatchObject(refused);
        const reloaded = await runner.open(slowProgram(), PACKED);
        await expect(runner.run(reloaded, slow(), ['y'])).rejects.toMatchObject(refused);
        expect(runner.pid()).toBe(before);
      });
    },
  );

  test('deaths during different requests refuse neither', async () => {
    await withRunner(async (runner) => {
      const session = await runner.open(slowProgram(), PACKED);
      for (const x of [1, 2, 3]) {
        await runner.run(session, QUICK, ['y']);
        await expect(killDuring(runner, 'SIGKILL', runner.run(session, slow(x), ['y']))).rejects.toMatchObject(DIED);
      }
    });
  });
});

describe('the end', () => {
  test('dispose during a run rejects it and what waits, and leaves no process', async () => {
    const runner = await startRunner({ device: 'cpu', threads: 1 });
    const session = await runner.open(slowProgram(), PACKED);
    const pid = runner.pid();
    const cancelled = { kind: 'cancelled', message: expect.stringContaining('shut down') };
    const running = expect(runner.run(session, slow(), ['y'])).rejects.toMatchObject(cancelled);
    const waiting = expect(runner.run(session, QUICK, ['y'])).rejects.toMatchObject(cancelled);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await runner.dispose();
    await running;
    await waiting;
    expect(exists(pid)).toBe(false);
    await expect(runner.open(productProgram(), PACKED)).rejects.toMatchObject(cancelled);
    await runner.dispose();
    expect(runner.restarts()).toBe(0);
  });

  test('a program that forgets to dispose still ends, and its runtime process with it', async () => {
    const runner = fileURLToPath(new URL('../../server/dist/runtime/process-runner.js', import.meta.url));
    const bytes = JSON.stringify([...productProgram().bytes]);
    const script = `
      import { startRunner } from ${JSON.stringify(runner)};
      const runner = await startRunner({ device: 'cpu' });
      const session = await runner.open({ bytes: Uint8Array.from(${bytes}), label: 'p' }, { weights: 'packed' });
      const feed = (shape) => ({ dtype: 'float32', shape, data: new Float32Array(4) });
      await runner.run(session, { a: feed([1, 4]), b: feed([4, 1]) }, ['c']);
      console.log(runner.pid());`;
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(ended.stderr).toBe('');
    expect(ended.status).toBe(0);
    await expect.poll(() => hasEnded(Number(ended.stdout))).toBe(true);
  });

  test('a device that this build does not have is refused at the start', async () => {
    const absent = process.platform === 'win32' ? 'coreml' : 'dml';
    await expect(startRunner({ device: absent })).rejects.toMatchObject({
      kind: 'device-unavailable',
      message: expect.stringMatching(new RegExp(`no device '${absent}'; it has cpu`)),
    });
  });

  test('a process that cannot start says so with its last words', async () => {
    const env = { NODE_OPTIONS: '--require=/nonexistent/module.cjs' };
    await expect(startRunner({ device: 'cpu', env })).rejects.toMatchObject({
      kind: 'device-unavailable',
      message: expect.stringMatching(/does not start \(exit code 1\): .*Cannot find module/),
    });
  });
});

test('a process that cannot be started at all is refused, and nothing else ends with it', async () => {
  const { execPath } = process;
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', note);
  process.execPath = '/nowhere/node';
  try {
    const refused = await expectRejection('device-unavailable', startRunner({ device: 'cpu' }));
    expect(refused.message).toContain('ENOENT');
    // The system tells of it twice.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(uncaught).toEqual([]);
  } finally {
    process.execPath = execPath;
    process.off('uncaughtException', note);
  }
});
