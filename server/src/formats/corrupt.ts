/** The errors that every reader of this room throws, so that each states what was found, what was expected, and where. */
import { type ErrorKind, SondeError } from '../core/errors.ts';

/** Where and what: `found` and `expected` are shown in the message and kept in the error's data. */
export interface Mismatch {
  /** File the bytes came from. */
  readonly path: string;
  /** What does not hold, as a phrase: "tensor \"W_enc\" has a wrong byte range". */
  readonly problem: string;
  readonly found: unknown;
  readonly expected: unknown;
  /** What the user can do; the default is to fetch the file again. */
  readonly remedy?: string;
}

/** Throws an artifact error of the given kind from a mismatch. */
export function refuse(kind: ErrorKind, mismatch: Mismatch, cause?: unknown): never {
  const { path, problem, found, expected, remedy = 'The file is damaged or incomplete: fetch it again.' } = mismatch;
  const message = `${path}: ${problem}: found ${describe(found)}, expected ${typeof expected === 'string' ? expected : describe(expected)}. ${remedy}`;
  throw new SondeError(kind, message, { path, found, expected }, cause);
}

/** Throws `corrupt-file`. */
export function corrupt(path: string, problem: string, found: unknown, expected: unknown, cause?: unknown): never {
  refuse('corrupt-file', { path, problem, found, expected }, cause);
}

/** Short text of any value for a message; never recurses, so that a deeply nested value cannot overflow the stack. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return value.length > 80 ? `${value.slice(0, 80)}…` : value;
  if (Array.isArray(value)) return describeArray(value);
  if (typeof value === 'object' && value !== null) return describeObject(value);
  return String(value);
}

function describeArray(values: readonly unknown[]): string {
  const flat = values.length <= 8 && values.every((item) => typeof item !== 'object' || item === null);
  return flat ? `[${values.map(describe).join(', ')}]` : `an array of ${values.length}`;
}

function describeObject(value: object): string {
  const keys = Object.keys(value);
  if (keys.length === 0) return 'an empty object';
  return `an object with ${keys.slice(0, 5).map(describe).join(', ')}${keys.length > 5 ? ', …' : ''}`;
}
