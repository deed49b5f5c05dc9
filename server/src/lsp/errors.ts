/** Errors as LSP carries them: the kinds and codes of the protocol; a bug's details stay in the log. */
import { wireError } from '@sonde/protocol';
import { LSPErrorCodes, ResponseError } from 'vscode-languageserver';
import { SondeError } from '../core/errors.ts';
import type { DoorLog } from './door-options.ts';
import { checkParams, problemOf } from './params.ts';

/** Checks parameters, then runs a handler; what it throws becomes a response error. */
export function answering<P extends unknown[], R>(
  log: DoorLog,
  method: string,
  handler: (...params: P) => Promise<R> | R,
): (...params: P) => Promise<R> {
  return async (...params) => {
    try {
      checkParams(method, params[0]);
      return await handler(...params);
    } catch (error) {
      throw responseError(log, method, error);
    }
  };
}

/** The same for a notification, which nobody answers: one that does not fit is told to the log, and left out. */
export function noticing<P>(log: DoorLog, method: string, handler: (params: P) => void): (params: P) => void {
  return (params) => {
    const problem = problemOf(method, params);
    if (problem === null) handler(params);
    else log.warn({ method }, `an editor’s notification does not fit: ${problem}`);
  };
}

function responseError(log: DoorLog, method: string, error: unknown): ResponseError<unknown> {
  if (error instanceof ResponseError) return error;
  if (error instanceof SondeError && error.kind !== 'fault') {
    const { code, message, data } = wireError(error.kind, error.message, error.data);
    return new ResponseError(error.kind === 'cancelled' ? LSPErrorCodes.RequestCancelled : code, message, data);
  }
  log.error({ method, err: error }, 'an editor’s request failed by a fault');
  const { code, message, data } = wireError('fault', 'Sonde failed inside; the daemon’s log tells more.');
  return new ResponseError(code, message, data);
}
