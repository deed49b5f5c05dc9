/**
 * One life of the process that owns the native sessions: start, one call at a time, last words, death. Restarting and
 * queueing are absent: `process-runner.ts` does both.
 */
import { type ChildProcess, fork, type StdioOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { fault, SondeError } from '../core/errors.ts';
import type { Device } from '../core/runner.ts';
import type { CallName, Calls, ChildSettings, ProcessMessage, ProcessSettings, SentCalls } from './messages.ts';
import { closeTensorFile, openTensorFile, tensorFile } from './tensor-file.ts';

export interface NativeProcessOptions extends ProcessSettings {
  /** Receives each line that native code prints. */
  readonly log?: (line: string) => void;
  /** Replaces or adds environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a process ended. */
export interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines that it printed. */
  readonly lines: readonly string[];
  /** Whether it had become ready: if not, no request is to blame. */
  readonly started: boolean;
}

export interface NativeProcess {
  readonly pid: number;
  /** Names of the devices that this build knows. @throws runtime-restarted when the process dies while it starts. */
  readonly ready: Promise<readonly string[]>;
  /** Settles when the process is gone and reaped. */
  readonly exit: Promise<Death>;
  readonly alive: boolean;
  /** @throws what the process answers; runtime-restarted (retryable, with signal, code and lines) when it dies. */
  call<K extends CallName>(name: K, params: Calls[K]['params']): Promise<Calls[K]['result']>;
  lines(): readonly string[];
  kill(): Promise<void>;
}

const KEPT_LINES = 20;
const KEPT_LINE_LENGTH = 2000;

interface Pending {
  resolve(message: ProcessMessage): void;
  reject(error: SondeError): void;
}

/** Starts a process. It keeps this one alive only while it is starting, in a call or being killed. */
export function startNativeProcess(options: NativeProcessOptions): NativeProcess {
  const descriptor = openTensorFile();
  const file = tensorFile(descriptor);
  const child = spawn(options, descriptor);
  const lines: string[] = [];
  let pending: Pending | undefined;
  let alive = true;
  let started = false;

  const exit = new Promise<Death>((resolve) => {
    child.on('error', (error) => {
      lines.push(error.message);
      if (child.pid === undefined) end(null, null);
    });
    child.once('close', end);
    function end(code: number | null, signal: NodeJS.Signals | null): void {
      // A process that could not be started may say so twice, and the descriptor may be another file's by then.
      if (!alive) return;
      alive = false;
      closeTensorFile(descriptor);
      const death = { code, signal, lines: [...lines], started };
      resolve(death);
      pending?.reject(diedDuringCall(death));
      pending = undefined;
    }
  });
  child.on('message', (message: ProcessMessage) => {
    const receiver = pending;
    pending = undefined;
    receiver?.resolve(message);
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue; // The process could not be started at all.
    createInterface({ input: stream }).on('line', (raw) => {
      const line = plain(raw);
      if (line === '') return;
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      options.log?.(line);
    });
  }

  let holds = 0;
  /** Keeps this process alive until the promise settles. */
  async function hold<T>(promise: Promise<T>): Promise<T> {
    if (holds++ === 0) eachHandle(child, (handle) => handle.ref());
    try {
      return await promise;
    } finally {
      if (--holds === 0) eachHandle(child, (handle) => handle.unref());
    }
  }

  function receive(): Promise<ProcessMessage> {
    if (!alive) return exit.then((death) => Promise.reject(diedDuringCall(death)));
    if (pending) fault('two calls at once to the runtime process');
    return hold(
      new Promise((resolve, reject) => {
        pending = { resolve, reject };
      }),
    );
  }

  function sent<K extends CallName>(name: K, params: Calls[K]['params']): SentCalls[K]['params'] {
    if (name !== 'run') return params;
    const { feeds, ...rest } = params as Calls['run']['params'];
    return { ...rest, feeds: file.put(feeds) };
  }

  function received<K extends CallName>(name: K, result: SentCalls[K]['result']): Calls[K]['result'] {
    return name === 'run' ? file.take(result as SentCalls['run']['result']) : (result as Calls[K]['result']);
  }

  const ready = receive().then((message) => {
    started = true;
    return 'ready' in message ? message.backends : fault('the runtime process spoke before it was ready');
  });
  // The failure is reported by whoever calls; without this an unobserved one would end the whole program.
  ready.catch(() => {});

  return {
    pid: child.pid ?? 0,
    ready,
    exit,
    get alive() {
      return alive;
    },
    async call(name, params) {
      await ready;
      const answer = receive();
      try {
        // A failed transport means that the process is dying, which the exit reports; a failed clone throws here.
        if (alive) child.send({ call: name, params: sent(name, params) } as object, () => {});
      } catch (error) {
        pending?.reject(new SondeError('invalid-params', `The ${name} call cannot be sent: ${error}.`, {}, error));
        pending = undefined;
      }
      const message = await answer;
      if ('error' in message) throw new SondeError(message.error.kind, message.error.message, message.error.data);
      if (!('result' in message)) fault('the runtime process answered a call without a result');
      return received(name, message.result as SentCalls[typeof name]['result']);
    },
    lines: () => [...lines],
    async kill() {
      // Nothing in it is worth saving, and a native run would not hear a polite request.
      child.kill('SIGKILL');
      await hold(exit);
    },
  };
}

function spawn({ device, threads, env }: NativeProcessOptions, descriptor: number | null): ChildProcess {
  // Node runs compiled JavaScript only. When this file itself runs as TypeScript (tests), the entry is the compiled one
  // of the same sources: `npm test` builds before it tests.
  const compiled = import.meta.url.endsWith('.ts') ? '../../dist/runtime/child.js' : './child.js';
  const inherited = descriptor === null ? [] : [descriptor];
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'ipc', ...inherited];
  const tensors = descriptor === null ? null : stdio.length - 1;
  const settings: ChildSettings = { device, ...(threads === undefined ? {} : { threads }), tensors };
  return fork(fileURLToPath(new URL(compiled, import.meta.url)), [JSON.stringify(settings)], {
    serialization: 'advanced',
    stdio,
    // Tensors of past messages wait in V8's young generation; a small one keeps about 55 MB less of them.
    execArgv: ['--max-semi-space-size=1'],
    env: { ...process.env, ...deviceEnvironment(device), ...env },
  });
}

/** TensorFloat-32 keeps 10 bits of a product's operands; results here are float32 on every device. */
function deviceEnvironment(device: Device): Record<string, string> {
  return device === 'cuda' ? { NVIDIA_TF32_OVERRIDE: '0' } : {};
}

function eachHandle(child: ChildProcess, use: (handle: { ref(): void; unref(): void }) => void): void {
  use(child);
  if (child.channel) use(child.channel);
  // Pipes are sockets, which the declarations do not say.
  for (const stream of [child.stdout, child.stderr]) if (stream) use(stream as Socket);
}

function diedDuringCall(death: Death): SondeError {
  return new SondeError(
    'runtime-restarted',
    `The runtime process ended (${cause(death)}) while it worked on this request. It is restarted: send the request again.`,
    { retryable: true, ...death },
  );
}

/** A death in two words. */
export function cause({ signal, code }: Pick<Death, 'signal' | 'code'>): string {
  return signal ? `signal ${signal}` : `exit code ${code}`;
}

function plain(line: string): string {
  return stripVTControlCharacters(line).trim().slice(0, KEPT_LINE_LENGTH);
}
