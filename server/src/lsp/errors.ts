/** Errors as LSP carries them: the kinds and codes of the protocol; a bug's details stay in the log. */
import { wireError } from '@sonde/protocol';
import { LSPErrorCodes, ResponseError } from 'vscode-languageserver';
import { SondeError } from '../core/errors.ts';
import type { DoorLog } from './door-options.ts';

/** Runs a handler; what it throws becomes a response error. */
export function answering<P extends unknown[], R>(
  log: DoorLog,
  method: string,
  handler: (...params: P) => Promise<R> | R,
): (...params: P) => Promise<R> {
  return async (...params) => {
    try {
      return await handler(...params);
    } catch (error) {
      throw responseError(log, method, error);
    }
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
