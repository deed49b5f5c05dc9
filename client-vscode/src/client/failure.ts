/** Reads from what the relay left behind why it ended. */
import type { Failure } from './supervise.ts';

/** What is known of an ended relay. */
export interface Remains {
  /** Its exit code; null where it was killed or did not start. */
  readonly code: number | null;
  /** The end of what it wrote on standard error. */
  readonly stderr: string;
  /** The error of the session's first request, where it came that far. */
  readonly error?: string | undefined;
}

/** Exit codes of `sonde`: a wrong argument, a file that is wrong or not there, a wrong token or another protocol version. */
const CALLER = 2;
const ARTIFACT = 3;
const ACCESS = 5;
/** What Node says of a certificate that it does not trust. */
const DISTRUST =
  /self-signed|unable to (?:get|verify)\b.*certificate|certificate has expired|does not match certificate/;

/** Only a failure that the same attempt would meet again is no `lost` one. */
export function failureOf({ code, stderr, error = '' }: Remains): Failure {
  const said = lastLine(stderr) || error || 'The daemon has ended the connection.';
  const all = `${stderr}\n${error}`;
  if (/SONDE_TOKEN/.test(all)) return { kind: 'token', message: 'This daemon wants a token, and none is kept for it.' };
  if (/\b401\b|\b403\b|unauthori[sz]ed/i.test(all)) {
    return { kind: 'token', message: 'The daemon refuses the token that is kept for it.' };
  }
  if (code === ACCESS || /version-mismatch|protocol version|speaks ".*"; expected sonde\.v/i.test(all)) {
    return { kind: 'version', message: said };
  }
  if (DISTRUST.test(all)) {
    const message = `${said}; "sonde.daemon.certificate" names the PEM file of a certificate to trust.`;
    return { kind: 'setting', message };
  }
  if (code === CALLER || code === ARTIFACT) return { kind: 'setting', message: said };
  return { kind: 'lost', message: said };
}

/** The last line that says something: no place in a program, no colours, no name of who speaks. */
function lastLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of terminals begin with one.
  const lines = text.replace(/\u001b\[[0-9;]*m/g, '').split('\n');
  const telling = lines.filter((line) => /\w/.test(line) && !/^\s*at /.test(line));
  return (
    telling
      .at(-1)
      ?.trim()
      .replace(/^sonde: /, '') ?? ''
  );
}
