/** Asserts on typed errors. */
import { expect } from 'vitest';
import { type ErrorKind, SondeError } from '../../server/src/core/errors.ts';

/** Runs `use`, which must throw a SondeError of a kind whose message contains each text; returns the error. */
export function expectError(kind: ErrorKind, use: () => unknown, ...texts: readonly string[]): SondeError {
  let thrown: unknown = 'nothing';
  try {
    use();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(SondeError);
  const error = thrown as SondeError;
  expect(error.kind, error.message).toBe(kind);
  for (const text of texts) expect(error.message).toContain(text);
  return error;
}

/** The same for a promise, which must be rejected. */
export async function expectRejection(kind: ErrorKind, promise: Promise<unknown>): Promise<SondeError> {
  const error = await promise.then(
    () => 'nothing',
    (thrown: unknown) => thrown,
  );
  return expectError(kind, () => {
    throw error;
  });
}
