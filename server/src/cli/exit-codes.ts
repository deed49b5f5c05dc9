/** Exit codes of `sonde`, by error family; scripts may rely on them. */
import { type ErrorFamily, SondeError } from '../core/errors.ts';

/** 0 is success; 1 is a fault of Sonde's own. */
export const EXIT_CODES: Readonly<Record<ErrorFamily, number>> = {
  fault: 1,
  caller: 2,
  artifact: 3,
  resource: 4,
  access: 5,
  lifecycle: 130,
};

/** A check of `sonde selftest` or `sonde doctor` failed, though the command itself worked. */
export const EXIT_CHECK_FAILED = 10;

/** Exit code of anything thrown. */
export function exitCodeOf(error: unknown): number {
  return error instanceof SondeError ? EXIT_CODES[error.family] : EXIT_CODES.fault;
}
