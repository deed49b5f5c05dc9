/**
 * The Runner over a child process. Calls go one at a time, in order; when the process dies it is started again and
 * sessions are opened again from their programs when next used, so session ids outlive it. Invariants: at most one call
 * is in flight, so a death has one suspect; an id is never given twice. Absent: priorities and batching (the engine's
 * scheduler orders what it sends), and interrupting a run (native code cannot).
 */
import { fault, SondeError } from '../core/errors.ts';
import { MAX_RUNTIME_MESSAGE_BYTES } from '../core/limits.ts';
import type { OpenOptions, Program, Runner, SessionId, StoreId } from '../core/runner.ts';
import type { Tensor } from '../core/tensor.ts';
import {
  cause,
  type Death,
  type NativeProcess,
  type NativeProcessOptions,
  startNativeProcess,
} from './native-process.ts';
import { processMemory } from './process-memory.ts';
import { serialQueue } from './serial-queue.ts';
import { type SuspectRequest, suspects } from './suspects.ts';

export type RunnerOptions = NativeProcessOptions;

/** A Runner that also names its process, for reports and for tests of its death. */
export interface ProcessRunner extends Runner {
  /** Process id of the current life; 0 when it could not be started. */
  pid(): number;
  /** Times the process was started after the first. */
  restarts(): number;
}

interface Session {
  readonly program: Program;
  readonly options: OpenOptions;
  /** The life of the process in which it is open. */
  openIn?: NativeProcess;
}

/**
 * Starts the process and waits until it is ready.
 * @throws device-unavailable when it cannot start, or its build does not know the device.
 */
export async function startRunner(options: RunnerOptions): Promise<ProcessRunner> {
  const { runner, ready } = launchRunner(options);
  await ready;
  return runner;
}

/** A runner whose process is still starting: calls wait for it. */
export interface LaunchedRunner {
  readonly runner: ProcessRunner;
  /** Rejects as `startRunner` does; await it before the runner is relied on. */
  readonly ready: Promise<void>;
}

/** Starts the process and goes on meanwhile: a model opens in about the time that the process takes. */
export function launchRunner(options: RunnerOptions): LaunchedRunner {
  const { device } = options;
  const sessions = new Map<SessionId, Session>();
  const queue = serialQueue();
  const suspected = suspects();
  let nextSession: SessionId = 1;
  let nextStore: StoreId = 1;
  let lives = 0;
  let disposed = false;
  let current = begin();

  async function checked({ ready, kill }: NativeProcess): Promise<void> {
    const backends = await ready.catch(cannotStart);
    if (backends.includes(device)) return;
    disposed = true;
    await kill();
    throw new SondeError(
      'device-unavailable',
      `This build of onnxruntime-node has no device '${device}'; it has ${backends.join(', ')}. Run \`sonde doctor\` for details.`,
      { found: device, expected: backends },
    );
  }

  function begin(): NativeProcess {
    lives++;
    const life = startNativeProcess(options);
    // Started again at once, so that the next request finds it warm; but not when it died before it was ready, since
    // that would go on forever: then each request makes one attempt of its own.
    void life.ready.then(
      () =>
        life.exit.then((death) => {
          if (disposed) return;
          options.log?.(`runtime process ${life.pid} ended (${cause(death)}); starting another`);
          if (current === life) current = begin();
        }),
      () => {},
    );
    return life;
  }

  function living(): NativeProcess {
    if (!current.alive) current = begin();
    return current;
  }

  async function opened(id: SessionId): Promise<NativeProcess> {
    const session = sessions.get(id) ?? fault(`session ${id} is closed or was never opened`);
    const life = living();
    if (session.openIn !== life) {
      await life.call('open', { session: id, program: session.program, options: session.options });
      session.openIn = life;
    }
    return life;
  }

  async function watched<T>(request: SuspectRequest, work: () => Promise<T>): Promise<T> {
    suspected.refuse(request);
    try {
      const result = await work();
      suspected.clear(request);
      return result;
    } catch (error) {
      if (disposed) throw wasDisposed();
      throw isDeathInWork(error) ? suspected.blame(request, error) : error;
    }
  }

  const runner: ProcessRunner = {
    device,
    pid: () => current.pid,
    restarts: () => lives - 1,
    open(program, openOptions, signal) {
      return queue.add(async () => {
        const id = nextSession++;
        sessions.set(id, { program, options: openOptions });
        try {
          await watched({ program }, () => opened(id));
        } catch (error) {
          sessions.delete(id);
          throw error;
        }
        return id;
      }, signal);
    },
    run(session, feeds, fetches, signal, resident, onTook) {
      return queue.add(async () => {
        const started = performance.now();
        const { program } = sessions.get(session) ?? fault(`session ${session} is closed or was never opened`);
        checkSize(feeds);
        const outputs = await watched({ program, feeds }, async () =>
          (await opened(session)).call('run', { session, feeds, fetches, ...(resident ? { resident } : {}) }),
        );
        onTook?.(performance.now() - started);
        return outputs;
      }, signal);
    },
    close(session) {
      return queue.add(async () => {
        const { openIn } = sessions.get(session) ?? fault(`session ${session} is closed or was never opened`);
        sessions.delete(session);
        if (openIn?.alive) await openIn.call('close', { session }).catch(ignoreDeath);
      });
    },
    newStore: () => nextStore++,
    dropStore(store) {
      return queue.add(async () => {
        // A process that has died since took the store along.
        if (current.alive) await current.call('dropStore', { store }).catch(ignoreDeath);
      });
    },
    async memory() {
      return processMemory(current.pid) ?? queue.add(() => living().call('memory', null));
    },
    async dispose() {
      disposed = true;
      queue.close(wasDisposed());
      await current.kill();
    },
  };
  const ready = checked(current);
  // Whoever launched it awaits this, perhaps after a failure of his own.
  ready.catch(() => {});
  return { runner, ready };
}

function isDeathInWork(error: unknown): error is SondeError {
  return error instanceof SondeError && error.kind === 'runtime-restarted' && error.data.started === true;
}

function cannotStart(error: SondeError): never {
  const death = error.data as unknown as Death;
  const last = death.lines.find((line) => /error/i.test(line)) ?? death.lines.at(-1) ?? 'it printed nothing';
  throw new SondeError(
    'device-unavailable',
    `The runtime process does not start (${cause(death)}): ${last}. Check that onnxruntime-node supports this system, and install again.`,
    { ...death },
    error,
  );
}

/** A session is closed by the death of its process as well as by the call. */
function ignoreDeath(error: unknown): null {
  if (error instanceof SondeError && error.kind === 'runtime-restarted') return null;
  throw error;
}

function checkSize(feeds: Readonly<Record<string, Tensor>>): void {
  const bytes = Object.values(feeds).reduce((sum, feed) => sum + feed.data.byteLength, 0);
  if (bytes <= MAX_RUNTIME_MESSAGE_BYTES) return;
  throw new SondeError(
    'too-large',
    `The feeds take ${bytes} bytes; at most ${MAX_RUNTIME_MESSAGE_BYTES} enter the runtime at once. Use a shorter text or a smaller batch.`,
    { found: bytes, expected: MAX_RUNTIME_MESSAGE_BYTES },
  );
}

function wasDisposed(): SondeError {
  return new SondeError('cancelled', 'The runtime was shut down.');
}
