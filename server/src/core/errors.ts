/**
 * The one error type that leaves a room on purpose. A kind names what happened; the family decides who has to act.
 * Wire codes are absent here: `protocol/src/errors.ts` maps kinds to codes, once.
 */

/** Every error kind, by family: caller, artifact, resource, access, lifecycle, fault. */
export const ERROR_KINDS = {
  'invalid-params': 'caller',
  'unknown-hook': 'caller',
  'unknown-model': 'caller',
  'unknown-dictionary': 'caller',
  'unknown-feature': 'caller',
  'unknown-token': 'caller',
  'position-out-of-range': 'caller',
  'context-exceeded': 'caller',
  'invalid-text': 'caller',
  'file-not-found': 'artifact',
  'corrupt-file': 'artifact',
  'unsupported-format': 'artifact',
  'unsupported-architecture': 'artifact',
  'unsupported-dtype': 'artifact',
  'missing-tensor': 'artifact',
  'shape-mismatch': 'artifact',
  'dictionary-mismatch': 'artifact',
  'unsafe-file': 'artifact',
  'non-finite': 'artifact',
  'too-large': 'resource',
  'out-of-memory': 'resource',
  'queue-full': 'resource',
  'device-unavailable': 'resource',
  unauthorised: 'access',
  'path-outside-roots': 'access',
  'version-mismatch': 'access',
  cancelled: 'lifecycle',
  stale: 'lifecycle',
  'runtime-restarted': 'lifecycle',
  fault: 'fault',
} as const;

export type ErrorKind = keyof typeof ERROR_KINDS;
export type ErrorFamily = (typeof ERROR_KINDS)[ErrorKind];

/** Plain JSON detail of an error: what was found, what was expected, where. */
export type ErrorData = { readonly [key: string]: unknown };

/** An error with a kind; its message states what was found, what was expected and the remedy. */
export class SondeError extends Error {
  readonly kind: ErrorKind;
  readonly data: ErrorData;

  constructor(kind: ErrorKind, message: string, data: ErrorData = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SondeError';
    this.kind = kind;
    this.data = data;
  }

  get family(): ErrorFamily {
    return ERROR_KINDS[this.kind];
  }
}

/** Throws for an impossible state: a bug in Sonde, never the caller's mistake. */
export function fault(message: string, data: ErrorData = {}): never {
  throw new SondeError('fault', `${message} (this is a bug in Sonde)`, data);
}

/** Throws `cancelled` when the signal has fired; long functions call it between runtime calls. */
export function throwIfCancelled(signal?: AbortSignal): void {
  if (signal?.aborted) throw new SondeError('cancelled', 'The request was cancelled.');
}

/** The candidates nearest to `wanted` by edit distance, best first; error messages list them. */
export function nearest(wanted: string, candidates: Iterable<string>, count = 5): string[] {
  const scored = [...candidates].map((name) => ({ name, distance: editDistance(wanted, name) }));
  scored.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return scored.slice(0, count).map((entry) => entry.name);
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length]!;
}
