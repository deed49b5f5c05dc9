/**
 * Requests that were in flight when the process died. A request is its program and its feeds, whatever session carries
 * it, so that neither a retry nor a reload hides it; other requests on the same session stay welcome.
 */
import { createHash } from 'node:crypto';
import { SondeError } from '../core/errors.ts';
import type { Program } from '../core/runner.ts';
import type { Tensor } from '../core/tensor.ts';
import { OUT_OF_MEMORY } from './native-error.ts';

/** What runs: opening a program has no feeds. */
export interface SuspectRequest {
  readonly program: Program;
  readonly feeds?: Readonly<Record<string, Tensor>>;
}

export interface Suspects {
  /** @throws out-of-memory or fault for a request that was in flight at two deaths. */
  refuse(request: SuspectRequest): void;
  /** Counts a death; gives the error to answer: the death itself at the first, the refusal at the second. */
  blame(request: SuspectRequest, death: SondeError): SondeError;
  /** A request that succeeded is innocent. */
  clear(request: SuspectRequest): void;
}

const DEATHS_ALLOWED = 1;
/** Remembered requests; the oldest is forgotten first. */
const REMEMBERED = 256;

interface DeathRecord {
  readonly deaths: number;
  readonly last: SondeError;
}

/** An empty memory of suspects. Digests are computed only when something has died. */
export function suspects(): Suspects {
  const records = new Map<string, DeathRecord>();
  return {
    refuse(request) {
      if (records.size === 0) return;
      const record = records.get(digest(request));
      if (record && record.deaths > DEATHS_ALLOWED) throw refusal(request, record);
    },
    blame(request, last) {
      const key = digest(request);
      const record = { deaths: (records.get(key)?.deaths ?? 0) + 1, last };
      records.delete(key);
      records.set(key, record);
      if (records.size > REMEMBERED) records.delete(records.keys().next().value!);
      return record.deaths > DEATHS_ALLOWED ? refusal(request, record) : last;
    },
    clear(request) {
      if (records.size > 0) records.delete(digest(request));
    },
  };
}

function refusal({ program, feeds }: SuspectRequest, { deaths, last }: DeathRecord): SondeError {
  const { signal, lines } = last.data as { signal: string | null; lines: readonly string[] };
  // Without words of its own, SIGKILL is what the system's out-of-memory killer sends.
  const memory = signal === 'SIGKILL' || lines.some((line) => OUT_OF_MEMORY.test(line));
  const what = feeds ? `This request to ${program.label}` : `Opening ${program.label}`;
  const remedy = memory
    ? 'Memory ran out, as it seems: use a shorter text, fewer outputs, or the mapped form of the weights.'
    : 'The native runtime crashes on it: report it with the lines in this error.';
  return new SondeError(
    memory ? 'out-of-memory' : 'fault',
    `${what} was in flight when the runtime process died, ${deaths} times, and is refused. ${remedy}`,
    { ...last.data, retryable: false, deaths },
    last,
  );
}

function digest({ program, feeds }: SuspectRequest): string {
  const hash = createHash('sha256').update(program.bytes);
  for (const [name, { dtype, shape, data }] of Object.entries(feeds ?? {})) {
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return `${feeds ? 'run' : 'open'} ${hash.digest('hex')}`;
}
