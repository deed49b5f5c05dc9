/** Structured logs, one JSON object a line, on stderr. What requests say is never logged: texts and tokens stay out. */
import { type DestinationStream, type Logger, pino } from 'pino';

const STDERR = 2;

export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { pid: process.pid },
    // A second net under the first: fields that could hold a secret are blanked wherever they stand.
    redact: { paths: ['token', '*.token', 'authorization', '*.authorization', 'headers', '*.headers'], censor: '…' },
  };
  return pino(options, destination ?? pino.destination({ fd: STDERR, sync: true }));
}
